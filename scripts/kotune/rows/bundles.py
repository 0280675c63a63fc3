"""Bundles: rows as a competition publishes them, an archive or a folder with train.csv, test.csv and a sample.

Reads archives' lists and single files within them, and packed files (rows.csv.gz, rows.jsonl.xz); writes nothing. A
file within an archive is named by both paths: ``data/open.zip/train.csv``. Nothing is ever unpacked to disk.
"""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kotune.core.errors import UserError, nearest
from kotune.core.storage import explained

TRAIN_FILE, TEST_FILE, SAMPLE_FILE = "train.csv", "test.csv", "sample_submission.csv"
ARCHIVE = "open.zip"
PACKED: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.decompress, ".xz": lzma.decompress}


@dataclass(frozen=True)
class Bundle:
    """Where a bundle's files lie, each on disk or within an archive; what is not there is None."""

    train: str
    test: str | None
    sample: str | None


def parted(path: str) -> tuple[str, str | None]:
    """Return the file on disk that holds ``path``, and its name within that file if it is an archive."""
    for folder in Path(path).parents:
        if folder.suffix.lower() == ".zip" and folder.is_file():
            return folder.as_posix(), Path(path).relative_to(folder).as_posix()
    return path, None


def ending_of(path: str) -> str:
    """Return the ending of a file of rows in small letters, that of rows.csv.xz being .csv."""
    name = Path(path)
    return (Path(name.stem) if name.suffix.lower() in PACKED else name).suffix.lower()


def _unpacked(path: str, raw: bytes) -> bytes:
    """Return the content of a packed file, that of any other as it is; UserError for one that is not whole."""
    unpack = PACKED.get(Path(path).suffix.lower())
    if unpack is None:
        return raw
    try:
        return unpack(raw)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise UserError(
            f"{path}: cannot be unpacked ({error}); it is damaged or no such file: download it again"
        ) from error


def _opened(archive: str) -> zipfile.ZipFile:
    with explained(archive, "read"):
        try:
            return zipfile.ZipFile(archive)
        except zipfile.BadZipFile as error:
            raise UserError(f"{archive}: not a whole archive ({error}); download it again") from error


def raw_bytes(path: str) -> bytes:
    """Return the bytes of a file's content, on disk, packed, or within an archive; a broken one is a UserError."""
    file, member = parted(path)
    if member is None:
        with explained(path, "read"):
            raw = Path(path).read_bytes()
        return _unpacked(path, raw)
    with _opened(file) as archive:
        if member not in archive.namelist():
            raise UserError(f"{file}: holds no '{member}'{nearest(member, archive.namelist())}")
        try:
            return archive.read(member)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise UserError(f"{path}: damaged in the archive ({error}); download {file} again") from error
        except (RuntimeError, NotImplementedError) as error:
            raise UserError(f"{path}: cannot be unpacked ({error}); unpack {file} and name its folder") from error


def _members(archive: str) -> list[str]:
    """Return the files of an archive; what macOS adds to one is left out."""
    with _opened(archive) as opened:
        names = [entry.filename for entry in opened.infolist() if not entry.is_dir()]
    return [name for name in names if not name.startswith("__MACOSX/") and not Path(name).name.startswith(".")]


def _found(name: str, places: list[str], where: str) -> str | None:
    places = [place for place in places if Path(place).name == name]
    if len(places) > 1:
        raise UserError(f"{where}: holds more than one {name}: {', '.join(places)}; leave one")
    return places[0] if places else None


def bundle_at(path: str) -> Bundle | None:
    """Return what an archive or a folder holds, or None for any other path.

    A folder without a train.csv may hold open.zip as it was downloaded. Raises UserError for a bundle without one.
    """
    here = Path(path)
    if here.is_dir():
        if not (here / TRAIN_FILE).is_file() and (here / ARCHIVE).is_file():
            return bundle_at((here / ARCHIVE).as_posix())
        names = [file.as_posix() for file in sorted(here.iterdir()) if file.is_file()]
    elif here.suffix.lower() == ".zip" and here.is_file():
        names = [f"{here.as_posix()}/{member}" for member in _members(path)]
    else:
        return None
    train, test, sample = (_found(name, names, path) for name in (TRAIN_FILE, TEST_FILE, SAMPLE_FILE))
    if train is None:
        held = ", ".join(Path(name).name for name in names[:8]) or "nothing"
        raise UserError(f"{path}: holds no {TRAIN_FILE}, which has the rows with answers (it holds {held})")
    return Bundle(train, test, sample)
