"""The lock: which commit of each repository was used, and the size and SHA-256 of each of its files.

Reads and writes config/hub.lock.yaml under a file lock, so that parallel downloads do not lose each other's entries,
and snapshot.json, which is written last into a folder whose files are all there and right. Both hold a pin:
{"hub_id", "revision" (40 hex digits), "files": {name: {"size", "sha256"}}}.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import yaml

from kotune.core import console
from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.core.model_folder import SNAPSHOT
from kotune.core.storage import Json, read_json, sha256_of, write_json, write_text
from kotune.hub.files import Meter, fetch_file
from kotune.hub.repository import COMMIT, Repository, cached_commit, cached_folder, listing, offline, size_text

SECTIONS = ("models", "datasets")
HEADER = """\
# Which commit of each hub repository was used, and the hash of each file. Written by the download rules on first use
# and checked ever after; `make lock` takes the newest commits on purpose.
"""


class Selection(Protocol):
    """Which files of a repository are needed."""

    def candidates(self, names: list[str]) -> list[str]:
        """Return the names that look needed."""
        ...

    def opened(self, name: str) -> bool:
        """Return whether `settled` reads this candidate."""
        ...

    def settled(self, names: list[str], folder: Path) -> list[str]:
        """Return the names that are needed, judged by what the opened candidates in ``folder`` say."""
        ...


@contextlib.contextmanager
def exclusive(path: Path, waiting: str) -> Iterator[None]:
    """Hold a lock file; say ``waiting`` when somebody else holds it."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        console.say(waiting)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _check_pin(pin: object, where: str) -> Json:
    """Return the pin, its keys in order; raise UserError where it is not one."""
    fault = None
    if not isinstance(pin, dict) or set(pin) != {"hub_id", "revision", "files"}:
        fault = "it must hold hub_id, revision and files"
    elif not isinstance(pin["hub_id"], str) or not COMMIT.fullmatch(str(pin["revision"])):
        fault = "revision must be a commit (40 hex digits)"
    elif not isinstance(pin["files"], dict) or not pin["files"]:
        fault = "files must name at least one file"
    else:
        for name, file in pin["files"].items():
            size, sha256 = (file.get("size"), file.get("sha256")) if isinstance(file, dict) else (None, None)
            if not isinstance(size, int) or not re.fullmatch("[0-9a-f]{64}", str(sha256)):
                fault = f"{name} must have a size and a sha256 (64 hex digits)"
                break
    if fault:
        raise UserError(f"{where}: not a lock entry, {fault}; take the entry out, or undo the edit with git")
    files = {name: {key: pin["files"][name][key] for key in ("size", "sha256")} for name in sorted(pin["files"])}
    return {"hub_id": pin["hub_id"], "revision": pin["revision"], "files": files}


def read_lock(path: Path) -> Json:
    """Return the lock; one that does not exist yet is empty."""
    content = (read_yaml(path) if path.is_file() else None) or {}
    if not isinstance(content, dict) or not set(content) <= set(SECTIONS):
        raise UserError(f"{path}: holds {', '.join(SECTIONS)} and nothing else; undo the edit with git")
    return {
        section: {name: _check_pin(pin, f"{path}, {name}") for name, pin in (content.get(section) or {}).items()}
        for section in SECTIONS
    }


def write_pin(path: Path, repo: Repository, pin: Json, replace: bool = False) -> Json:
    """Put a pin into the lock; return the one that stands there, the earlier one unless ``replace`` is given."""
    with exclusive(path.with_name(f".{path.name}.lock"), f"waiting for another download to write {path}"):
        lock = read_lock(path)
        section = lock[f"{repo.kind}s"]
        if repo.name in section and not replace:
            return section[repo.name]
        section[repo.name] = pin
        kept = {name: dict(sorted(entries.items())) for name, entries in lock.items() if entries}
        text = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, default_flow_style=None, width=200)
        write_text(path, HEADER + text)
    return pin


def _contradicts(pin: Json, repo: Repository) -> bool:
    """Return whether a pin is of another repository, or of another commit than the catalogue pins."""
    return pin["hub_id"] != repo.hub_id or bool(COMMIT.fullmatch(repo.revision) and pin["revision"] != repo.revision)


def locked_pin(path: Path, repo: Repository) -> Json | None:
    """Return the repository's pin in the lock, or None; UserError where the catalogue has gone another way since."""
    pin = read_lock(path)[f"{repo.kind}s"].get(repo.name)
    if pin is None:
        return None
    if _contradicts(pin, repo):
        raise UserError(
            f"{repo.catalogue}: asks for {repo.hub_id} at {repo.revision[:12]}, but {path} is locked to "
            f"{pin['hub_id']} at {pin['revision'][:12]}; if the change is meant, run: make lock"
        )
    return pin


def _pin(repo: Repository, commit: str, files: dict[str, Json]) -> Json:
    return {"hub_id": repo.hub_id, "revision": commit, "files": dict(sorted(files.items()))}


def pin_from_hub(repo: Repository, selection: Selection, folder: Path) -> Json:
    """Return the pin of what the hub holds now; the small files that it takes to know are left in ``folder``."""
    commit, listed = listing(repo)
    names = selection.candidates(sorted(listed))
    meter = Meter(repo.name, 0)
    files = {}
    for name in names:
        expected = listed[name]
        sha256 = expected.get("sha256")
        if sha256 is None or selection.opened(name):
            sha256 = fetch_file(repo, commit, name, expected, folder, meter)
        files[name] = {"size": expected["size"], "sha256": sha256}
    return _pin(repo, commit, {name: files[name] for name in selection.settled(names, folder)})


def pin_from_cache(repo: Repository, selection: Selection) -> Json:
    """Return the pin of what the hub client's cache holds, for nodes without a network."""
    commit = cached_commit(repo)
    folder = cached_folder(repo, commit) if commit else None
    if folder is None or not folder.is_dir():
        raise UserError(
            f"{repo.kind} '{repo.name}': {repo.hub_id} is not in the hub client's cache, and HF_HUB_OFFLINE forbids "
            f"the network; where there is one, run the same without it, or: hf download {repo.hub_id} "
            f"--repo-type {repo.kind} --revision {repo.revision}"
        )
    held = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    names = selection.settled(selection.candidates(held), folder)
    files = {
        name: {"size": (folder / name).stat().st_size, "sha256": sha256_of((folder / name).resolve())} for name in names
    }
    return _pin(repo, commit, files)


def read_snapshot(folder: Path) -> Json | None:
    """Return the pin in the folder's snapshot.json; None where there is none, or a broken one."""
    path = folder / SNAPSHOT
    try:
        return _check_pin(read_json(path), str(path)) if path.is_file() else None
    except UserError:
        return None


@contextlib.contextmanager
def completing(folder: Path, pin: Json) -> Iterator[None]:
    """Write snapshot.json when the block ends well; until then, and where it fails, none stands that says so.

    ``pin``: of a repository of the hub, or what `code_host.fetch_all` says.
    """
    path = folder / SNAPSHOT
    held = None
    with contextlib.suppress(UserError):  # a broken one says nothing
        held = read_json(path) if path.is_file() else None
    if held != pin:
        path.unlink(missing_ok=True)
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if not path.is_file():  # a right one keeps its age, so that nothing reruns for it
        write_json(path, pin)


def pinned(repo: Repository, selection: Selection, folder: Path, lock: Path, whole: Path | None = None) -> Json:
    """Return the pin to fetch: the locked one, else the one found now, locked before anything large is fetched.

    Without a network it is found in a folder that is already whole (``whole``, where not the files' own ``folder``),
    else in the hub client's cache.
    """
    if pin := locked_pin(lock, repo):
        return pin
    if not offline():
        pin = pin_from_hub(repo, selection, folder)
    else:
        pin = read_snapshot(whole or folder)
        if pin is None or _contradicts(pin, repo):
            pin = pin_from_cache(repo, selection)
    pin = write_pin(lock, repo, pin)
    console.say(f"{repo.name}: locked to {repo.hub_id} at {pin['revision'][:12]} in {lock}")
    return pin


def summary(repo: Repository, pin: Json, fetched: int, seconds: float) -> str:
    """Return the closing line of a download."""
    total = sum(file["size"] for file in pin["files"].values())
    how = f"{size_text(fetched)} fetched in {console.duration(seconds)}" if fetched else "nothing to fetch"
    return (
        f"{repo.kind} {repo.name}: {repo.hub_id} at {pin['revision'][:12]}, {len(pin['files'])} files, "
        f"{size_text(total)}, each hash checked; {how}"
    )
