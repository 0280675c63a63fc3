"""Data sets of a public code host: named by repository and commit, fetched over https, checked by their SHA-256.

Reads GitHub (KOTUNE_CODE_HOST names a mirror, for files and pages alike), or the copy that a user brings; writes below
the folder that it is given, a file only when its sum is right. The sums stand in config/datasets.yaml, so that such a
data set needs no lock.
"""

from __future__ import annotations

import hashlib
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.model_folder import SNAPSHOT
from kotune.core.storage import Json, explained, read_json, replacing, sha256_of
from kotune.hub.findings import Found
from kotune.hub.repository import ANSWER_SECONDS, TRANSIENT, offline, size_text

SOURCE = "repository"  # of a data set's entry, and the key that names the repository
FILES, PAGES, MIRROR = "https://raw.githubusercontent.com", "https://github.com", "KOTUNE_CODE_HOST"
RAW = "downloaded"  # the folder of a download in which files lie as they are
WAITS = (1, 3)  # seconds before the host is asked again
OWN = "own"  # the path of the copy that a user brings, within what a download is told
GONE = 404


def downloaded(dataset: Json) -> bool:
    """Return whether a data set's rows come by a download: from the hub, or from a repository."""
    return dataset["source"] in ("hub", SOURCE)


@dataclass(frozen=True)
class CodeFiles:
    """The files of one catalogue entry: where they are, and each one's SHA-256 by its path in the repository."""

    name: str
    repository: str
    commit: str
    sums: dict[str, str]
    own: str | None = None

    @property
    def catalogue(self) -> str:
        """Where a user finds the entry."""
        return f"config/datasets.yaml, data set '{self.name}'"

    def address(self, path: str) -> str:
        """Return where the host keeps a file."""
        return f"{os.environ.get(MIRROR, FILES)}/{self.repository}/{self.commit}/{quote(path)}"

    @property
    def page(self) -> str:
        """The commit's page; it is there as long as the commit is."""
        return f"{os.environ.get(MIRROR, PAGES)}/{self.repository}/commit/{self.commit}"

    @property
    def bring(self) -> str:
        """How a user brings a copy."""
        return f"bring a copy: --config data='{{{self.name}: path}}'"


def code_files(name: str, entry: Json) -> CodeFiles:
    """Return the files of an entry: those of its splits, or those of the folder that a benchmark is."""
    folder = f"{entry['folder']}/" if "folder" in entry else ""
    listed = {folder + path: sha256 for path, sha256 in entry.get("sums", {}).items()}
    of_splits = {file["path"]: file["sha256"] for file in entry.get("files", {}).values()}
    return CodeFiles(name, entry[SOURCE], entry["commit"], listed or of_splits, entry.get(OWN))


def _asked(address: str, method: str = "GET") -> tuple[int, bytes, int]:
    """Return the host's status, what it sent, and how long it says that this is; OSError where it cannot be reached."""
    request = urllib.request.Request(address, method=method, headers={"accept-encoding": "identity"})
    for wait in (*WAITS, None):
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return answer.status, answer.read(), int(answer.headers.get("content-length") or 0)
        except urllib.error.HTTPError as error:
            if wait is None or error.code not in TRANSIENT:
                return error.code, b"", 0
        except (OSError, ValueError) as error:  # ValueError: a line that is no HTTP
            if wait is None:
                raise OSError(str(error)) from error
        console.say(f"{address.split('/')[2]} cannot be reached; trying again in {wait} s")
        time.sleep(wait)
    raise AssertionError  # the last try returns or raises


def _answer(files: CodeFiles, path: str, method: str) -> tuple[bytes, int]:
    """Return a file's bytes, and their number; UserError says in one line why there are none."""
    address = files.address(path)
    try:
        status, body, size = _asked(address, method)
        if status == GONE:
            commit = _asked(files.page, "HEAD")[0]
    except OSError as error:
        raise UserError(
            f"data set '{files.name}': no usable connection to {address.split('/')[2]} ({error}); check network and "
            f"proxy and run again, or {files.bring}"
        ) from error
    if status == 200:
        return body, size
    if status != GONE:
        raise UserError(f"data set '{files.name}': {address} answers {status}; run again later, or {files.bring}")
    at = f"{files.repository} at {files.commit[:12]}"
    if commit == 200:
        raise UserError(f"{files.catalogue}: {at} has no file {path}; correct its path, or {files.bring}")
    raise UserError(
        f"{files.catalogue}: {at} is gone: the host has not that commit, or not that repository ({files.page} answers "
        f"{commit}); name another commit with its sums, or {files.bring}"
    )


def _brought(files: CodeFiles, path: str) -> bytes:
    """Return a file's bytes from the copy that a user brings: the file itself, or a folder that holds it."""
    given = Path(files.own or "").expanduser()
    inside = [given / path, *(given.joinpath(*Path(path).parts[skip:]) for skip in range(1, len(Path(path).parts)))]
    found = given if given.is_file() and len(files.sums) == 1 else next((one for one in inside if one.is_file()), None)
    if found is None:
        raise UserError(f"{given}: there is no {path} of the data set '{files.name}' (--config data); correct the path")
    with explained(found, "read"):
        body = found.read_bytes()
    if (sha256 := hashlib.sha256(body).hexdigest()) != files.sums[path]:
        raise UserError(
            f"{found}: its SHA-256 is {sha256[:12]}…, that of {path} of the data set '{files.name}' is "
            f"{files.sums[path][:12]}…; bring {files.repository} at {files.commit[:12]}"
        )
    return body


def _fetched(files: CodeFiles, path: str) -> bytes:
    if offline():
        raise UserError(
            f"data set '{files.name}': {path} of {files.repository} is not here, and HF_HUB_OFFLINE forbids the "
            f"network; {files.bring}"
        )
    body, _ = _answer(files, path, "GET")
    if (sha256 := hashlib.sha256(body).hexdigest()) != files.sums[path]:
        raise UserError(
            f"data set '{files.name}': {path} of {files.repository} arrived with the SHA-256 {sha256[:12]}…, the "
            f"catalogue's is {files.sums[path][:12]}…, and was thrown away; run again, and if it stays so, compare "
            f"both with {files.page}"
        )
    return body


def fetch_all(files: CodeFiles, folder: Path) -> tuple[Json, int]:
    """Bring every file below ``folder``, each with its sum; return what a snapshot says of them, and the bytes fetched.

    A right file that lies there is taken.
    """
    held, fetched = {}, 0
    for path, sha256 in sorted(files.sums.items()):
        target = folder / path
        if not target.is_file() or sha256_of(target) != sha256:
            body = _brought(files, path) if files.own else _fetched(files, path)
            fetched += len(body)
            with explained(target, "write"), replacing(target) as beside:
                beside.write_bytes(body)
        held[path] = {"size": target.stat().st_size, "sha256": sha256}
    return {SOURCE: files.repository, "commit": files.commit, "files": held}, fetched


def inspect(found: Found) -> None:
    """Note what is known of a data set before its download: whether its files are here, or can be had."""
    entry, folder = found.asked.entry, found.asked.folder
    files = code_files(found.asked.name, entry)
    found.cells |= {"repository": files.repository, "commit": files.commit[:12], "access": "open"}
    found.cells |= {"licence": str(entry.get("licence", "none stated")), "to come": "is here"}
    snapshot = folder / SNAPSHOT
    held = read_json(snapshot).get("files", {}) if snapshot.is_file() else {}
    if {path: file["sha256"] for path, file in held.items()} == files.sums:
        return
    if files.own:
        for path in files.sums:
            _brought(files, path)
        found.cells |= {"access": "own copy"}
        return
    found.cells["to come"] = "not asked"
    if offline():
        found.warnings.append(f"data set '{files.name}': is not here, and HF_HUB_OFFLINE forbids to ask for it")
        return
    sizes = [_answer(files, path, "HEAD")[1] for path in files.sums]
    found.room, found.cells["to come"] = sum(sizes), size_text(sum(sizes))


def summary(files: CodeFiles, pin: Json, fetched: int, seconds: float) -> str:
    """Return the closing line of a download."""
    total = sum(file["size"] for file in pin["files"].values())
    verb = "copied" if files.own else f"fetched in {console.duration(seconds)}"
    how = f"{size_text(fetched)} {verb}" if fetched else "nothing to fetch"
    return (
        f"data set {files.name}: {files.repository} at {files.commit[:12]}, {len(pin['files'])} files, "
        f"{size_text(total)}, each sum checked; {how}"
    )
