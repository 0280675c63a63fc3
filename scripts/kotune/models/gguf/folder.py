"""The folder of a model that was made from a GGUF file: written whole or not at all, and known again.

Reads a GGUF file; writes the model's files (`snapshot`) and, after them, gguf.json: the file's name, sha256 and
quantisation, what it was made of, and size and sha256 of each of the model's files.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kotune.core.code_hash import code_hash
from kotune.core.errors import UserError
from kotune.core.storage import Json, explained, read_json, sha256_of, sha256_of_text, write_json
from kotune.hub.files import PARTIAL
from kotune.hub.repository import size_text
from kotune.models.gguf.file import GgufFile, read_gguf
from kotune.models.gguf.snapshot import write_snapshot

RECORD = "gguf.json"
OF_THE_FOLDER = ("files", "converter")  # what the record holds besides what is true of the GGUF file


def converter() -> str:
    """Return what changes when the code that converts does: a folder of an earlier one is made again."""
    return sha256_of_text("".join(code_hash(path) for path in sorted(Path(__file__).parent.glob("*.py"))))[:12]


def _sums(folder: Path) -> dict[str, Json]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": sha256_of(path)} for path in files
    }


def _check_room(file: GgufFile, folder: Path) -> None:
    """Raise UserError where the disk has no room for the values in float32."""
    needed, free = 4 * sum(int(tensor.n_elements) for tensor in file.tensors.values()), shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"{folder}: the weights of {file.path.name} take {size_text(needed)}, but only {size_text(free)} are free; "
            "make room, or replace resources/hub by a link to a larger disk"
        )


def convert(path: Path, folder: Path, sha256: str, dtype: str | None = None, **more: object) -> Json:
    """Make the model's folder from the GGUF file at ``path`` and return its record; ``more``: what it says besides.

    ``sha256``: the file's. Files that lie in the folder are replaced when all new ones are there, and not before.
    Raises UserError for a file that cannot be translated.
    """
    file, partial = read_gguf(path), folder / PARTIAL
    there = folder.is_dir()
    try:
        with explained(folder, "write"):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
        _check_room(file, folder)
        made = write_snapshot(file, partial, dtype)
        record = {
            "file": path.name,
            "sha256": sha256,
            **made,
            **more,
            "converter": converter(),
            "files": _sums(partial),
        }
        (folder / RECORD).unlink(missing_ok=True)
        with explained(folder, "write"):
            for name in record["files"]:
                (partial / name).replace(folder / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if not there and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    write_json(folder / RECORD, record)
    return record


def kept(folder: Path, file: Path | None, sha256: str | None) -> Json | None:
    """Return the folder's record where it is whole and of the file that is asked for, else None.

    ``file`` and ``sha256``: what is known of the GGUF file; where it lies nowhere any more, its name alone counts.
    """
    try:
        record = read_json(folder / RECORD) if (folder / RECORD).is_file() else {}
    except UserError:
        return None
    if record.get("converter") != converter():
        return None
    if sha256 is None and file is not None:
        same = record["sha256"] == sha256_of(file) if file.is_file() else record["file"] == file.name
    else:
        same = record["sha256"] == sha256
    for name, known in record["files"].items() if same else ():
        path = folder / name
        if not path.is_file() or path.stat().st_size != known["size"] or sha256_of(path) != known["sha256"]:
            return None
    return record if same else None


def about_the_file(record: Json) -> Json:
    """Return what a record says of the GGUF file, without what it says of the folder."""
    return {name: value for name, value in record.items() if name not in OF_THE_FOLDER}
