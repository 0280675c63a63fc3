"""Ask a judge model behind an OpenAI-compatible endpoint (POST {url}/chat/completions); reads and writes no file.

The key comes from the environment alone and goes into one header. It is in no message, log or record; what an endpoint
says with an error is not repeated, since some repeat the key. Redirects are not followed: the key would go along.
"""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.scoring.judges.prompt import messages, verdict_in

ARGUMENTS = {"temperature": 0, "max_tokens": 64}  # of a judge that names none
MOST_BYTES = 4_000_000  # of a reply; thoughts are in it
LONGEST_WAIT = 60.0  # seconds between two attempts
AGAIN = (408, 409, 425, 429)  # statuses that may be otherwise the next time, beside 500 and above
SETUP = {401: "the key is not accepted", 403: "the key may not use it", 404: "there is no such address or model"}


@dataclass(frozen=True)
class Reply:
    """A verdict, or None and why there is none: ``answered`` says whether the endpoint replied at all."""

    verdict: str | None
    why: str = ""
    attempts: int = 1
    answered: bool = True
    model: str = ""


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Endpoint:
    """A judge model as a study's judge describes it (``url``, ``model``, ``key_from``, ``retries``, ``timeout``, …)."""

    def __init__(self, settings: Json, sleep: Callable[[float], None] = time.sleep) -> None:
        self.settings, self.sleep = settings, sleep
        self.url = f"{settings['url'].rstrip('/')}/chat/completions"
        self.opener = urllib.request.build_opener(_Stays())
        self.headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "kotune"}
        if "key_from" in settings:
            self.headers["Authorization"] = f"Bearer {key_in(settings['key_from'])}"

    def body(self, request: Json, answer: str) -> bytes:
        """Return what is sent: the same bytes for the same request and answer."""
        arguments = self.settings.get("arguments", ARGUMENTS)
        asked = {"model": self.settings["model"], "messages": messages(request, answer), **arguments}
        return json.dumps(asked, ensure_ascii=False).encode("utf-8")

    def ask(self, body: bytes) -> Reply:
        """Return the verdict; what may be otherwise the next time is tried again, so often as the settings say.

        Raises UserError for what no attempt mends: a key, address or model that is not accepted, a redirect.
        """
        attempts = self.settings["retries"] + 1
        reply = Reply(None)
        for attempt in range(1, attempts + 1):
            reply, again, wait = self._once(body, attempt)
            if reply.verdict or not again or attempt == attempts:
                break
            self.sleep(min(LONGEST_WAIT, wait if wait is not None else 2.0 ** (attempt - 1)))
        return reply

    def _once(self, body: bytes, attempt: int) -> tuple[Reply, bool, float | None]:
        """Return the reply to one attempt, whether another may help, and how long the endpoint wants to wait."""
        asked = urllib.request.Request(self.url, data=body, headers=self.headers, method="POST")
        try:
            with self.opener.open(asked, timeout=self.settings["timeout"]) as response:
                raw = response.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(error, attempt)
        except TimeoutError:
            return Reply(None, "timeout", attempt, answered=False), True, None
        except (OSError, http.client.HTTPException) as error:
            late = isinstance(getattr(error, "reason", None), TimeoutError)
            return Reply(None, "timeout" if late else "no connection", attempt, answered=False), True, None
        said, model = _said(raw)
        verdict = verdict_in(said) if said is not None else None
        why = "" if verdict else "reply is no verdict" if said is not None else "reply is not as it should be"
        return Reply(verdict, why, attempt, model=model), True, None

    def _refused(self, error: urllib.error.HTTPError, attempt: int) -> tuple[Reply, bool, float | None]:
        at = f"the judge at {self.url}"
        if error.code in SETUP:
            raise UserError(f"{at} answers {error.code}, {SETUP[error.code]}; mend url, model or key_from of the judge")
        if 300 <= error.code < 400:
            raise UserError(f"{at} answers {error.code}, a redirect, which is not followed; name its address as url")
        again = error.code in AGAIN or error.code >= 500
        told = (error.headers or {}).get("Retry-After", "")
        wait = float(told) if told.isascii() and told.isdigit() else None
        return Reply(None, f"status {error.code}", attempt, answered=not again), again, wait


def _said(raw: bytes) -> tuple[str | None, str]:
    """Return the text in a chat completion, or None where there is none, and the model that it names."""
    try:
        found = json.loads(raw) if len(raw) <= MOST_BYTES else None
        text = found["choices"][0]["message"]["content"]
        model = found.get("model")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None, ""
    return (text if isinstance(text, str) else None), (model if isinstance(model, str) else "")


def key_in(name: str) -> str:
    """Return the key that a variable of the environment holds; UserError where it is not set, or can be no header."""
    key = os.environ.get(name, "").strip()
    if not key:
        raise UserError(f"the judge's key is not there: set the environment variable {name}, or take key_from away")
    if not key.isascii() or not key.isprintable():
        raise UserError(f"the environment variable {name} holds signs that no key has; set it anew")
    return key
