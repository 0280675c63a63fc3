"""Readers: a user's or a bundled file, on disk or within an archive, becomes columns of text.

Reads CSV (UTF-8 with or without BOM, CP949), JSON lines and Parquet; writes nothing. Cells are kept as they are
written: "NA", "None" and "null" are text like any other, and numbers stay text.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, explained, read_parquet, sha256_of
from kotune.rows.bundles import parted, raw_bytes

if TYPE_CHECKING:
    import polars

FORMATS = (".csv", ".jsonl", ".parquet")
# One cell of a CSV, whose quotation marks open and close it, and what ends the cell.
_CELL = re.compile(rb'(?:"[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*)?(?:,|\r\n?|\n|\Z)')
_BOM = b"\xef\xbb\xbf"
_BLOCK = 2**24  # bytes that are parsed at a time; a row must fit into one


@dataclass(frozen=True)
class Table:
    """One file as read: a frame of text columns, the encoding that it was written in, and the hash of its bytes."""

    path: str
    frame: polars.DataFrame
    encoding: str
    sha256: str

    @property
    def described(self) -> Json:
        """What the audit says about the file."""
        return {"path": self.path, "sha256": self.sha256, "encoding": self.encoding, "rows": self.frame.height}


def decoded(raw: bytes, path: str) -> tuple[str, str]:
    """Return a file's text and its encoding: utf-8-sig (with BOM), utf-8 or cp949. Anything else is a UserError."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{path}: written in UTF-16; save it as UTF-8 (Excel: 'CSV UTF-8')")
    try:
        if raw.startswith(_BOM):
            return raw.decode("utf-8-sig"), "utf-8-sig"
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        # CP949 read as UTF-8 is nearly all faults; UTF-8 with a broken byte is nearly all Hangul.
        rough = raw.decode("utf-8", errors="replace")
        if len(re.findall("[가-힣]", rough)) <= rough.count("\ufffd"):
            try:
                return raw.decode("cp949"), "cp949"
            except UnicodeDecodeError as korean:
                line = raw.count(b"\n", 0, korean.start) + 1
        raise UserError(
            f"{path}, line {line}: neither UTF-8 nor CP949 (a byte there fits neither); save the file as UTF-8"
        ) from error


def _csv_records(text: str, path: str) -> Iterator[list[str]]:
    """Yield a CSV's records, header first; a broken quote or a wrong number of cells is a UserError naming its row."""
    csv.field_size_limit(2**31 - 1)
    # strict: a stray quote is refused, where a forgiving reader would swallow the rows up to the next one
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number, width = 0, 0
    while True:
        started = reader.line_num + 1
        place = f"row {number}" if number else "the header"
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserError(
                f"{path}, {place} (from line {started}): a quotation mark is opened or closed in the wrong place "
                f'({error}); a cell with a comma, a quote or a line break stands between ", and a quote within it is ""'
            ) from error
        if not record:
            continue
        width = width or len(record)
        if len(record) != width:
            raise UserError(
                f"{path}, {place} (line {started}): {len(record)} cells where the header has {width}; "
                "put the cell that holds a comma or a line break between quotation marks"
            )
        yield record
        number += 1


def _read_csv(path: str) -> Table:
    raw = raw_bytes(path)
    sha256 = hashlib.sha256(raw).hexdigest()
    frame = _parsed(raw)
    if frame is not None:
        return Table(path, frame, "utf-8-sig" if raw.startswith(_BOM) else "utf-8", sha256)
    text, encoding = decoded(raw, path)
    frame = _parsed(text.encode("utf-8")) if encoding == "cp949" else None
    return Table(path, _read_slowly(text, path) if frame is None else frame, encoding, sha256)


def _well_quoted(text: memoryview) -> bool:
    """Return whether each quotation mark of a CSV opens or closes a cell, or is doubled within one."""
    place = 0
    while place < len(text):
        cell = _CELL.match(text, place)
        if cell is None:
            return False
        place = cell.end()
    return True


def _header(raw: bytes) -> list[str]:
    """Return the cells of a CSV's first line that is not empty; arrow's own way to them leaves a thread behind."""
    csv.field_size_limit(2**31 - 1)
    lines = io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig", newline="")
    return next(filter(None, csv.reader(lines, strict=True)), [])


def _parsed(raw: bytes) -> polars.DataFrame | None:
    """Return a CSV's cells as text, or None where it may be at fault and must be read row by row to say so.

    Takes what the reader by rows takes, and gives the same cells, in a fraction of its time and memory.
    """
    import polars as pl
    import pyarrow
    from pyarrow import csv as arrow

    text = memoryview(raw)[len(_BOM) if raw.startswith(_BOM) else 0 :]
    if not _well_quoted(text):
        return None
    reading = arrow.ReadOptions(block_size=_BLOCK, use_threads=False)
    parsing = arrow.ParseOptions(newlines_in_values=True)
    try:
        header = _header(raw)
        if not header or len(set(header)) < len(header):
            return None
        as_text = arrow.ConvertOptions(column_types=dict.fromkeys(header, pyarrow.large_string()))
        table = arrow.read_csv(pyarrow.BufferReader(text), reading, parsing, as_text)
    except (ValueError, csv.Error):  # arrow's refusals, and a header that is not UTF-8
        return None
    return pl.from_arrow(table, rechunk=False)


def _read_slowly(text: str, path: str) -> polars.DataFrame:
    """Return a CSV's cells as text, read row by row; UserError names the row that is at fault."""
    import polars as pl

    records = list(_csv_records(text, path))
    if not records:
        raise UserError(f"{path}: empty; it needs a header line and at least one row")
    header, rows = records[0], records[1:]
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise UserError(f"{path}: two columns are called '{twice[0]}'; rename one")
    columns = zip(*rows, strict=True) if rows else [() for _ in header]
    cells = {name: list(column) for name, column in zip(header, columns, strict=True)}
    return pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String))


def _read_jsonl(path: str) -> Table:
    import polars as pl

    raw = raw_bytes(path)
    text, encoding = decoded(raw, path)
    rows: list[Json] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:  # numbers stay as they are written
            row = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
        except json.JSONDecodeError as error:
            raise UserError(f"{path}, line {number}: not JSON ({error.msg})") from error
        if not isinstance(row, dict):
            raise UserError(f'{path}, line {number}: not an object of columns, such as {{"id": …, "context": …}}')
        rows.append({name: _plain(value, path, number, name) for name, value in row.items()})
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
    return Table(path, frame, encoding, hashlib.sha256(raw).hexdigest())


def _plain(value: object, path: str, number: int, name: str) -> str | None:
    if isinstance(value, (list, dict)):
        raise UserError(f"{path}, line {number}: '{name}' holds a list or an object; it must be text")
    return str(value).lower() if isinstance(value, bool) else value


def _read_parquet(path: str) -> Table:
    import polars as pl

    frame = read_parquet(path)
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Binary]
    return Table(path, frame.drop(nested).with_columns(pl.all().cast(pl.String)), "parquet", sha256_of(path))


def read_table(path: str) -> Table:
    """Read one file by its ending; UserError where it is missing, a folder, empty, or in another format."""
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    ending = Path(path).suffix.lower()
    if Path(path).is_dir():
        raise UserError(f"{path}: a folder; name a file that ends in {', '.join(FORMATS)}")
    file, member = parted(path)
    if ending not in readers:
        raise UserError(f"{path}: rows are read from files that end in {', '.join(FORMATS)}{nearest(ending, FORMATS)}")
    if member is not None and ending != ".csv":
        raise UserError(f"{path}: only .csv is read from an archive; unpack {file}")
    with explained(file, "read"):
        if Path(file).stat().st_size == 0:
            raise UserError(f"{file}: empty (0 bytes)")
    table = readers[ending](path)
    if table.frame.height == 0:
        raise UserError(f"{path}: no rows left to read; it holds a header at most")
    return table


def holds_answers(path: str, column: str) -> bool:
    """Return whether a CSV has a column with anything in it; a file that cannot be read is told when rows are made."""
    frame = read_table(path).frame
    return column in frame.columns and (frame[column].str.strip_chars() != "").any()
