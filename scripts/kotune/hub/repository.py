"""The hub: find the commit behind a catalogue entry and list its files; say in one sentence why that did not work.

Reads the hub (HF_ENDPOINT, else huggingface.co) and the hub client's cache; writes nothing. Tokens are read by the hub
client alone (HF_TOKEN or its own store) and appear nowhere in what this module says or returns.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import Json

COMMIT = re.compile(r"[0-9a-f]{40}")
HUB_PAGE = "https://huggingface.co"
ANSWER_SECONDS = 30  # how long the hub may take to answer a question; a file's bytes have HF_HUB_DOWNLOAD_TIMEOUT
TRANSIENT = {408, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Repository:
    """One entry of a catalogue, as far as the hub is concerned."""

    kind: str  # model or dataset
    name: str
    hub_id: str
    revision: str = "main"  # a branch, a tag or a commit
    licence: str = "unknown"
    remote_code: bool = False

    @property
    def page(self) -> str:
        """The page where its licence is read and accepted; a mirror cannot accept it."""
        return f"{HUB_PAGE}/{'datasets/' if self.kind == 'dataset' else ''}{self.hub_id}"

    @property
    def catalogue(self) -> str:
        """Where a user finds the entry."""
        return f"config/{self.kind}s.yaml, {self.kind} '{self.name}'"


def repository(kind: str, name: str, entry: Json) -> Repository:
    """Return what a catalogue entry says about its repository; code of its own needs a pinned commit."""
    if "hub_id" not in entry:
        raise UserError(f"config/{kind}s.yaml, {kind} '{name}': no hub_id, so there is nothing to download")
    revision, remote_code = entry.get("revision", "main"), bool(entry.get("trust_remote_code", False))
    if entry.get("requires_remote_code") and not remote_code:
        raise UserError(own_code(f"config/{kind}s.yaml, {kind} '{name}'", entry["hub_id"]))
    if remote_code and not COMMIT.fullmatch(revision):
        raise UserError(
            f"config/{kind}s.yaml, {kind} '{name}': trust_remote_code runs code from {entry['hub_id']}, so revision "
            f"must name a commit (40 hex digits), not '{revision}': read the code at that commit, then pin it"
        )
    return Repository(kind, name, entry["hub_id"], revision, str(entry.get("licence", "unknown")), remote_code)


def own_code(where: str, hub_id: str) -> str:
    """Say why a model that runs on code of its own is refused, and what allows it."""
    return (
        f"{where}: {hub_id} runs on Python code of its own, which is not run unasked: read that code, then set "
        "trust_remote_code: true and revision: <the commit that you read>, or choose a model that transformers knows"
    )


def size_text(size: int) -> str:
    """Return a number of bytes as a person says it."""
    large, unit = (1e9, "GB") if size >= 1e8 else (1e6, "MB") if size >= 1e5 else (1e3, "kB")
    return f"{size / large:.1f} {unit}"


def offline() -> bool:
    """Return whether HF_HUB_OFFLINE forbids the network."""
    from huggingface_hub import constants

    return constants.is_offline_mode()


def _token_is_set() -> bool:
    from huggingface_hub import get_token

    try:
        return get_token() is not None
    except Exception:  # a broken token store is no token
        return False


def _refusal(error: Any, repo: Repository) -> str | None:
    """Say what the hub's refusal means and what to do; None for an error that is not the hub's."""
    import httpx2
    from huggingface_hub import constants, errors

    what = f"{repo.kind} '{repo.name}'"
    if isinstance(error, errors.GatedRepoError):
        then = (
            "the token in use belongs to an account that has not been granted access"
            if _token_is_set()
            else "then make a read token there and set HF_TOKEN, or run: hf auth login"
        )
        return f"{what} is gated: accept its licence ({repo.licence}) at {repo.page}; {then}"
    if isinstance(error, errors.RepositoryNotFoundError):
        return (
            f"{what}: the hub has no {repo.hub_id}, or it is private: look at {repo.page}, then correct hub_id in "
            f"{repo.catalogue}, or set HF_TOKEN to a token that may read it"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{what}: {repo.hub_id} has no revision '{repo.revision}', or no longer; see {repo.page}, then make lock"
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return f"{what}: a locked file is no longer in {repo.hub_id}; see {repo.page}, then make lock"
    if isinstance(error, errors.HfHubHTTPError):
        status = error.response.status_code
        if status == 401:
            return f"{what}: the hub does not accept the token in use: set HF_TOKEN to a valid one, or unset it"
        if status == 403:
            return f"{what}: access refused: accept its licence ({repo.licence}) at {repo.page} and set HF_TOKEN"
        wait = "it limits requests" if status == 429 else "it has trouble" if status >= 500 else "unexpectedly"
        return f"{what}: {constants.ENDPOINT} answers {status} ({wait}); what has arrived is kept: run again later"
    if isinstance(error, httpx2.HTTPError):
        return (
            f"{what}: no usable connection to {constants.ENDPOINT} ({type(error).__name__}); what has arrived is kept: "
            "check network and proxy and run again, or fill the cache elsewhere and set HF_HUB_OFFLINE=1 (docs/hub.md)"
        )
    if isinstance(error, OSError) and "Consistency check failed" in str(error):
        return f"{what}: the hub sends fewer or more bytes than it announces; run again; if it stays, see {repo.page}"
    return None


@contextlib.contextmanager
def asking(repo: Repository) -> Iterator[None]:
    """Turn the hub's refusals inside the block into a UserError that says what to do; other errors pass."""
    try:
        yield
    except Exception as error:
        refusal = _refusal(error, repo)
        if refusal is None:
            raise
        raise UserError(refusal) from error


def patiently(call: Callable[[], Any], waits: tuple[int, ...], final: tuple[type[Exception], ...] = ()) -> Any:
    """Return ``call()``, tried again after each wait (seconds) when the connection or the hub has a passing fault.

    Faults of the kinds in ``final`` are not waited for: the hub client has already been patient about them.
    """
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    for wait in waits:
        try:
            return call()
        except (httpx2.TransportError, HfHubHTTPError) as error:
            lasting = isinstance(error, HfHubHTTPError) and error.response.status_code not in TRANSIENT
            if lasting or isinstance(error, final):
                raise
            console.say(f"the hub cannot be reached ({type(error).__name__}); trying again in {wait} s")
            time.sleep(wait)
    return call()


def information(repo: Repository) -> Any:
    """Return what the hub says of the repository at its revision: id, commit, card, gate, files and their sizes."""
    from huggingface_hub import HfApi

    def ask() -> Any:
        return HfApi().repo_info(
            repo.hub_id, repo_type=repo.kind, revision=repo.revision, timeout=ANSWER_SECONDS, files_metadata=True
        )

    return patiently(ask, waits=(1, 3))


def listed_files(info: Any) -> dict[str, Json]:
    """Return each file of a repository's information: its size, and its sha256 or git's blob id."""
    files = {}
    for file in info.siblings or []:
        checked = {"sha256": file.lfs.sha256} if file.lfs else {"blob": file.blob_id}
        files[file.rfilename] = {"size": file.lfs.size if file.lfs else file.size, **checked}
    return files


def listing(repo: Repository) -> tuple[str, dict[str, Json]]:
    """Return the commit that the repository's revision stands at, and its files: size and sha256 or git's blob id."""
    with asking(repo):
        info = information(repo)
    if info.id.lower() != repo.hub_id.lower():
        raise UserError(moved(repo, info.id))
    return info.sha, listed_files(info)


def moved(repo: Repository, now: str) -> str:
    """Say that a repository has another name now."""
    return f"{repo.catalogue}: {repo.hub_id} has moved to {now}; write hub_id: {now}"


def cached_commit(repo: Repository) -> str | None:
    """Return the commit that the hub client's cache holds for the repository's revision, if it holds one."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    if COMMIT.fullmatch(repo.revision):
        return repo.revision
    folder = Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=repo.hub_id, repo_type=repo.kind))
    with contextlib.suppress(OSError):
        return (folder / "refs" / repo.revision).read_text(encoding="utf-8").strip()
    return None


def cached_folder(repo: Repository, commit: str) -> Path:
    """Return where the hub client's cache keeps the files of a commit; the folder need not exist."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    name = repo_folder_name(repo_id=repo.hub_id, repo_type=repo.kind)
    return Path(constants.HF_HUB_CACHE, name, "snapshots", commit)
