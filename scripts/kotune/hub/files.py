"""Files from the hub: downloaded, resumed where they broke off, and checked before they get their final name.

Reads the hub and the hub client's cache; writes below the folder that it is given. Until a file's hash is right, its
bytes are in ``.partial/``, so that no partial file counts and a killed download continues where it stopped. That is why
the hub client's `http_get` is called here: its `hf_hub_download` (2.4) throws away what a broken download has brought.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path, PurePosixPath

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import Json, explained, sha256_of
from kotune.hub.repository import Repository, asking, cached_folder, offline, patiently, size_text

PARTIAL = ".partial"
CHUNK = 1 << 20


def sha256_if_right(path: Path, expected: Json) -> str | None:
    """Return the file's SHA-256 when size and hash are as expected (sha256, or git's blob id), else None."""
    if not path.is_file() or path.stat().st_size != expected["size"]:
        return None
    sha256 = sha256_of(path)
    if "sha256" in expected:
        return sha256 if sha256 == expected["sha256"] else None
    blob = hashlib.sha1(b"blob %d\0" % expected["size"])
    blob.update(path.read_bytes())
    return sha256 if blob.hexdigest() == expected["blob"] else None


def partial_file(folder: Path, name: str, expected: Json) -> Path:
    """Return where a file's bytes are gathered; the name holds its hash, so that no two versions ever mix."""
    return folder / PARTIAL / f"{Path(name).name}.{(expected.get('sha256') or expected['blob'])[:16]}"


def _placed(path: Path, target: Path) -> None:
    with explained(target, "write"):
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)


def _linked(cached: Path, place: Path) -> None:
    """Bring a file of the cache here, without a second copy where the file system allows it."""
    with explained(place, "write"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        try:
            os.link(cached.resolve(), place)
        except OSError:
            shutil.copyfile(cached, place)


class Meter:
    """What the hub client counts bytes with, in place of its own bars; says megabytes and the time left."""

    def __init__(self, what: str, total: int, done: int = 0) -> None:
        self.progress = console.Progress(f"{what}, MB fetched", total // 10**6)
        self.done = done

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, count: float | None = 1) -> None:
        """Count bytes that have arrived; fewer than none when the client starts a file again."""
        self.done += int(count or 0)
        self.progress.update(self.done // 10**6)


def _download(repo: Repository, commit: str, name: str, expected: Json, partial: Path, meter: Meter) -> None:
    """Bring a file's bytes to ``partial``, going on where an earlier run broke off."""
    import httpx2
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers, logging

    logging.set_verbosity_error()  # its warnings quote signed addresses
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK  # its own ten megabytes at a time are lost whenever a bad line breaks
    url = hf_hub_url(repo.hub_id, name, repo_type=repo.kind, revision=commit)
    # a compressed body could not be resumed
    headers = {**build_hf_headers(), "accept-encoding": "identity"}

    def get() -> None:
        with partial.open("ab") as file:
            done = file.tell()
            if done > expected["size"]:
                file.truncate(0)
                done = 0
            try:
                http_get(
                    url,
                    file,
                    resume_size=done,
                    headers=headers,
                    expected_size=expected["size"],
                    displayed_filename=name,
                    tqdm_class=lambda **_: meter,
                )
            except HfHubHTTPError as error:
                if error.response.status_code == 416:  # the hub's file ends before ours
                    file.truncate(0)
                raise

    with explained(partial, "write"), asking(repo):
        partial.parent.mkdir(parents=True, exist_ok=True)
        patiently(get, (2,), final=(httpx2.ConnectError, httpx2.TimeoutException, httpx2.RemoteProtocolError))


def fetch_file(repo: Repository, commit: str, name: str, expected: Json, folder: Path, meter: Meter) -> str:
    """Bring one file to ``folder / name`` and return its SHA-256; a wrong one never stays.

    A right file that lies there, or in the hub client's cache, is taken; else it is downloaded.
    """
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise UserError(f"{repo.catalogue}: {repo.hub_id} holds a file whose name leads out of the folder: {name}")
    target, partial = folder / name, partial_file(folder, name, expected)
    if sha256 := sha256_if_right(target, expected):
        return sha256
    cached = cached_folder(repo, commit) / name
    if cached.is_file():
        linked = partial.with_name(f"{partial.name}.cached")  # never appended to: it is the cache's own file
        _linked(cached, linked)
        if sha256 := sha256_if_right(linked, expected):
            _placed(linked, target)
            return sha256
        linked.unlink()
        console.say(f"{repo.name}: {name} in the hub client's cache is damaged and was left aside")
    if offline():
        raise UserError(
            f"{repo.kind} '{repo.name}': {name} of {repo.hub_id} at {commit} is neither in {folder} nor in the hub "
            f"client's cache, and HF_HUB_OFFLINE forbids the network; where there is one, run the same without it, or: "
            f"hf download {repo.hub_id} --repo-type {repo.kind} --revision {commit}"
        )
    _download(repo, commit, name, expected, partial, meter)
    sha256 = sha256_if_right(partial, expected)
    if sha256 is None:
        partial.unlink()
        raise UserError(
            f"{repo.kind} '{repo.name}': {name} arrived with the wrong hash and was thrown away; run again, and if it "
            f"stays wrong, something between you and {repo.page} alters files"
        )
    _placed(partial, target)
    return sha256


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there already."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.is_dir())


def still_missing(repo: Repository, pin: Json, folder: Path) -> tuple[int, int]:
    """Return how many bytes must come over the network, and for how many there must be room on the disk."""
    network = room = 0
    for name, expected in pin["files"].items():
        target, cached = folder / name, cached_folder(repo, pin["revision"]) / name
        if target.is_file() and target.stat().st_size == expected["size"]:
            continue
        partial = partial_file(folder, name, expected)
        left = expected["size"] - (min(partial.stat().st_size, expected["size"]) if partial.is_file() else 0)
        if not cached.is_file():
            network, room = network + left, room + left
        elif cached.resolve().stat().st_dev != existing(folder).stat().st_dev:
            room += left
    return network, room


def fetch_all(repo: Repository, pin: Json, folder: Path) -> int:
    """Bring every file of a pin to ``folder``, each with the pinned size and hash; return the bytes fetched.

    Says beforehand how much will be fetched, and refuses when the disk has no room for it.
    """
    with explained(folder, "write"):
        folder.mkdir(parents=True, exist_ok=True)
    network, room = still_missing(repo, pin, folder)
    total, free = sum(file["size"] for file in pin["files"].values()), shutil.disk_usage(folder).free
    if room > free:
        raise UserError(
            f"{folder}: {repo.kind} '{repo.name}' needs {size_text(room)} more, but only {size_text(free)} are free; "
            "make room, or replace resources/hub by a link to a larger disk"
        )
    if network and not offline():
        at = f"{repo.hub_id} at {pin['revision'][:12]}"
        console.say(f"{repo.name}: {size_text(network)} of {size_text(total)} to fetch, {at}; {size_text(free)} free")
    meter = Meter(repo.name, total, done=total - network)
    before = meter.done
    for name, expected in sorted(pin["files"].items()):
        fetch_file(repo, pin["revision"], name, expected, folder, meter)
    shutil.rmtree(folder / PARTIAL, ignore_errors=True)
    return meter.done - before
