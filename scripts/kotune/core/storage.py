"""Read and write the files that flow between rules: JSON, JSON lines, Parquet.

Every file is written under a temporary name and renamed when complete, so no partial file is ever mistaken for a
result.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest

if TYPE_CHECKING:
    import polars

Json = dict[str, Any]


FULL = "the disk is full: free some space and run again"
NO_PERMISSION = "no permission: change the owner or the mode of the file or its folder"
HINTS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: "your disk quota is used up: free some space and run again",
    errno.EFBIG: "the file gets larger than the file system or `ulimit -f` allows",
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NO_PERMISSION,
    errno.EROFS: "the file system is read-only: choose another folder with --directory",
    errno.ENOENT: "it does not exist: check the path",
    errno.ENOTDIR: "a part of its path is a file and not a folder: check the path",
    errno.EEXIST: "a part of its path is a file and not a folder: check the path",
    errno.EISDIR: "it is a folder, not a file",
    errno.ELOOP: "a link in its path leads back to itself: mend the link",
    errno.ENAMETOOLONG: "its name is too long for this file system: choose a shorter one",
    errno.EIO: "the disk or the network folder answers with an error: check it, and run again",
    errno.ESTALE: "the network folder has changed beneath it: mount it anew, and run again",
}


@contextlib.contextmanager
def explained(path: str | os.PathLike, doing: str) -> Iterator[None]:
    """Turn the operating system's refusals at ``path`` into one message that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in HINTS:
            raise
        raise UserError(f"{path}: cannot {doing}, {HINTS[error.errno]}") from error
    except Exception as error:  # polars, torch and safetensors hide the operating system's error in their own
        if not any(sign in str(error) for sign in ("No space left", "os error 28")):
            raise
        raise UserError(f"{path}: cannot {doing}, {FULL}") from error


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; rename it to ``path`` when the block ends well."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.partial")
    with explained(path, "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write UTF-8 text with Unix line ends."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def to_json(value: Any) -> str:
    """Return JSON in the one form that kotune writes: sorted keys, real Korean, NaN refused."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Write one JSON document."""
    write_text(path, to_json(value))


def read_text(path: str | os.PathLike) -> str:
    """Read UTF-8 text, with or without a mark at its start; a byte that is none is named with its line."""
    with explained(path, "read"):
        raw = Path(path).read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}, line {line}: not UTF-8 (a byte there is none); save the file as UTF-8") from error


def whole_text(text: str, where: str) -> str:
    """Return a text; UserError for half a character, which JSON can name and no file can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UserError(
            f"{where} holds half a character (\\u{ord(text[error.start]):04x} without its other half), as a text has "
            "that was cut between bytes; write the whole character or take it away"
        ) from error
    return text


def read_json(path: str | os.PathLike) -> Any:
    """Read one JSON document; a broken one is named with its line."""
    text = read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}, line {error.lineno}: not JSON ({error.msg}); remove the file and run again"
        ) from error


def jsonl_line(row: Json) -> str:
    """Return one line of a JSON-lines file, keys in the order given."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


def write_jsonl(path: str | os.PathLike, rows: Iterable[Json]) -> None:
    """Write rows as JSON lines."""
    write_text(path, "".join(jsonl_line(row) for row in rows))


def read_jsonl(path: str | os.PathLike) -> list[Json]:
    """Read JSON lines, each an object; a broken line is named with its number."""
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{path}, line {number}: not JSON ({error.msg}); remove the file and run again") from error
        if not isinstance(row, dict):
            raise UserError(f"{path}, line {number}: not an object; remove the file and run again")
        if "\\ud" in line or "\\uD" in line:  # half a character can only be named so
            whole_text(json.dumps(row, ensure_ascii=False), f"{path}, line {number}:")
        rows.append(row)
    return rows


def write_parquet(path: str | os.PathLike, frame: polars.DataFrame) -> None:
    """Write a frame as Parquet."""
    with replacing(path) as beside:
        frame.write_parquet(beside, compression="zstd", statistics=False)


def read_parquet(path: str | os.PathLike) -> polars.DataFrame:
    """Read a Parquet file into a polars frame."""
    import polars

    with explained(path, "read"):
        Path(path).open("rb").close()
    try:
        return polars.read_parquet(path)
    except polars.exceptions.PolarsError as error:
        raise UserError(f"{path}: not a whole Parquet file ({error}); remove it and run again") from error


def sha256_of(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with explained(path, "read"), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_text(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def needed(value: Json, key: str, path: str | os.PathLike):
    """Return ``value[key]``; a missing key is named with its file."""
    if not isinstance(value, dict) or key not in value:
        hint = nearest(key, value) if isinstance(value, dict) else ""
        raise UserError(f"{path}: there is no key '{key}'{hint}; remove the file and run again")
    return value[key]
