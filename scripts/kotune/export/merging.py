"""Results of several machines become one folder, once their records say that they belong together.

Reads folders results/{scale}, each with some arms and seeds of the same studies; writes one such folder. What a report
makes of the whole (statistics, tables, the paper) is left out, since it is made anew. Adapters may be missing: they are
large, and nothing after the answers reads them.
"""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.names import ENSEMBLE
from kotune.core.storage import Json, needed, read_json

TAKEN = ("rows", "prompts", "adapters", "answers", "scores", "selected")  # of a study's folder; all else is remade
RECORD = "record.json"
OF_A_RUN = ("cost", "on", "commit")  # what may differ where the same job ran twice
OF_A_SEED = {"adapters", "answers", "scores"}  # folders of files that each seed has its own of


@dataclass(frozen=True)
class Merged:
    """What was found: file (relative) → the folder that it is taken from; remarks: what differs and may."""

    files: dict[Path, Path]
    remarks: list[str] = field(default_factory=list)


def taken(folder: Path) -> Iterator[Path]:
    """Yield the files of a results folder that are joined, relative to it; UserError where it holds none."""
    found = False
    for kind in TAKEN:
        for path in sorted(folder.glob(f"*/{kind}/**/*")):
            relative = path.relative_to(folder)
            if path.is_file() and ENSEMBLE not in relative.parts and not path.name.endswith(".part"):
                found = True
                yield relative
    if not found:
        raise UserError(f"{folder}: holds no rows, answers or scores; name a folder such as results/full")


def _first_difference(one: object, other: object, place: str = "") -> tuple[str, object, object] | None:
    """Return where two JSON values differ first, as a key with dots, and both values; None where they are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            found = _first_difference(one.get(key), other.get(key), f"{place}.{key}" if place else key)
            if found:
                return found
        return None
    return None if one == other else (place, one, other)


def _check_same(name: Path, one: Path, other: Path) -> None:
    """Raise UserError for a file that is not the same in two folders; of records, in more than cost and machine."""
    if filecmp.cmp(one / name, other / name, shallow=False):
        return
    way_out = "keep one of them: remove the other, with all that was made of it"
    if name.name.endswith(RECORD):
        sides = (
            {key: value for key, value in read_json(at / name).items() if key not in OF_A_RUN} for at in (one, other)
        )
        found = _first_difference(*sides)
        if found is None:
            return
        key, ours, theirs = found
        raise UserError(f"{name}: {key} is {ours!r} in {one} and {theirs!r} in {other}; {way_out}")
    raise UserError(f"{name}: not the same in {one} and in {other}; {way_out}")


def _but_the_seed(record: Json, path: Path) -> Json:
    """Return what all seeds of an arm have alike: what was asked, and the hashes of what was read."""
    asked = {key: value for key, value in needed(record, "asked", path).items() if key != "seed"}
    files = needed(record, "with", path)["files"]
    read = {name: file["sha256"] for name, file in files.items() if not OF_A_SEED.intersection(file["path"].split("/"))}
    return {"asked": asked, "read": read}


def _check_seeds(files: dict[Path, Path]) -> None:
    """Raise UserError where two seeds of an arm were asked different things, or trained on different files."""
    first: dict[tuple[str, ...], tuple[Path, Json]] = {}
    for name, folder in files.items():
        if not name.name.endswith(RECORD):
            continue
        seedless = tuple(part for part in name.parts if not part.startswith("seed"))
        path = folder / name
        one = _but_the_seed(read_json(path), path)
        known = first.setdefault(seedless, (path, one))
        found = _first_difference(known[1], one)
        if found:
            key, theirs, ours = found
            raise UserError(
                f"{path}: {key} is {ours!r}, and {theirs!r} in {known[0]}: seeds of one arm must be made alike; run "
                "one of them again"
            )


def _remarks(files: dict[Path, Path]) -> list[str]:
    """Return what differs between the machines: commits, versions of packages, devices."""
    seen: dict[str, dict[str, int]] = {}
    for name, folder in files.items():
        if name.name.endswith(RECORD):
            record = read_json(folder / name)
            said = {"commit": record.get("commit"), "device": record["on"]["device"], **record["with"]["packages"]}
            if record["kind"] == "scores":
                del said["device"]  # the work of any processor
            for key, value in said.items():
                seen.setdefault(key, {}).setdefault(str(value), 0)
                seen[key][str(value)] += 1
    return [
        f"{key} differs: " + ", ".join(f"{value} in {count} records" for value, count in sorted(values.items()))
        for key, values in sorted(seen.items())
        if len(values) > 1
    ]


def compared(folders: Sequence[Path]) -> Merged:
    """Compare results folders; UserError names the file, the key and both values where they cannot be joined."""
    files: dict[Path, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder; name results folders, such as results/full")
        for name in taken(folder):
            if name in files:
                _check_same(name, files[name], folder)
            else:
                files[name] = folder
    _check_seeds(files)
    return Merged(files, _remarks(files))


def write(merged: Merged, output: Path) -> None:
    """Copy the files, with their times, so that nothing that was made of them seems older than they are."""
    if output.exists() and any(output.iterdir()):
        raise UserError(f"{output}: is not empty; name a new folder")
    for name, folder in merged.files.items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / name, output / name)
