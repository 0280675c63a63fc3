"""Drive a headless Chromium by its own protocol over a pipe: open a file, run JavaScript in it, press keys, take pictures.

A test that needs it skips where no Chromium is installed (`CHROMIUM`). Nothing is fetched: the browser has no proxy and no
name is resolved.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
MISSING = "no Chromium is installed: apt-get install chromium"
KEYS = {"ArrowDown": 40, "ArrowUp": 38, "PageDown": 34, "Home": 36, "End": 35, "Escape": 27, "Enter": 13, "Tab": 9}


class Page:
    """One page of the browser; ``requests`` and ``errors`` are what it asked for and what went wrong in it."""

    def __init__(self, sending: int, receiving: int) -> None:
        self.sending, self.receiving = sending, receiving
        self.rest, self.number, self.session = b"", 0, None
        self.requests: list[str] = []
        self.errors: list[str] = []

    def call(self, method: str, **params: Any) -> dict:
        """Send a command and return its result; what happens meanwhile is kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.sending, json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self.number:
                if "error" in found:
                    raise RuntimeError(f"{method}: {found['error']['message']}")
                return found["result"]
            self._keep(found)

    def _next(self) -> dict:
        while b"\0" not in self.rest:
            part = os.read(self.receiving, 1 << 20)
            if not part:
                raise RuntimeError("the browser has gone")
            self.rest += part
        one, _, self.rest = self.rest.partition(b"\0")
        return json.loads(one)

    def _keep(self, event: dict) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get("description", "error"))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.errors.append(f"dialog: {params['message']}")

    def open(self, path: Path, fragment: str = "", width: int = 1400, height: int = 900, dark: bool = False) -> None:
        """Open a file at a size and wait until it is ready."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 760
        )
        self.call("Page.navigate", url=path.as_uri() + fragment)
        self.wait("document.body && document.body.dataset.ready === 'yes'")

    def run(self, code: str) -> Any:
        """Return the value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["exception"].get("description"))
        return found["result"].get("value")

    def wait(self, condition: str, seconds: float = 30) -> None:
        """Wait until an expression is true in the page."""
        for _ in range(int(seconds * 50)):
            if self.run(f"Boolean({condition})"):
                return
            self.run("new Promise((done) => setTimeout(done, 20))")
        raise TimeoutError(f"{condition} is still not so; {self.errors}")

    def press(self, key: str) -> None:
        """Press one key, as a person does."""
        told = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key.upper()[0]))}
        if len(key) == 1:
            told["text"] = key
        self.call("Input.dispatchKeyEvent", type="keyDown", **told)
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def choose(self, field: str, value: str) -> None:
        """Set a field as a person does, and wait for what follows."""
        self.run(
            f"(() => {{ const node = document.getElementById({json.dumps(field)}); node.value = {json.dumps(value)};"
            " node.dispatchEvent(new Event('input', {bubbles: true}));"
            " node.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )
        self.run("new Promise((done) => setTimeout(done, 200))")

    def picture(self, path: Path) -> None:
        """Keep a picture of what is seen."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Start a browser whose profile lies in ``folder``; end it with the block."""
    to_browser, from_browser = os.pipe(), os.pipe()

    def pipes() -> None:  # the protocol is spoken over the descriptors 3 and 4
        os.dup2(to_browser[0], 13)
        os.dup2(from_browser[1], 14)
        os.dup2(13, 3)
        os.dup2(14, 4)

    command = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder}", "about:blank",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    try:
        yield Page(to_browser[1], from_browser[0])
    finally:
        process.terminate()
        process.wait(30)
        os.close(to_browser[1])
        os.close(from_browser[0])
