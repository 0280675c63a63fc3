"""Sources: read a user's or a bundled file into columns of text.

Reads CSV (UTF-8 with or without BOM, CP949), JSON lines and Parquet; writes nothing. Cells are kept as they are
written: "NA", "None" and "null" are text like any other, and numbers stay text.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.errors import UserError, nearest
from kotune.storage import Json, explained, read_parquet, sha256_of

if TYPE_CHECKING:
    import polars

FORMATS = (".csv", ".jsonl", ".parquet")


@dataclass(frozen=True)
class Table:
    """One file as read: a frame of text columns, and the encoding that it was written in."""

    path: str
    frame: polars.DataFrame
    encoding: str

    @property
    def described(self) -> Json:
        """What the audit says about the file."""
        rows = self.frame.height
        return {"path": self.path, "sha256": sha256_of(self.path), "encoding": self.encoding, "rows": rows}


def decoded(raw: bytes, path: str) -> tuple[str, str]:
    """Return a file's text and its encoding: utf-8-sig (with BOM), utf-8 or cp949. Anything else is a UserError."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{path}: written in UTF-16; save it as UTF-8 (Excel: 'CSV UTF-8')")
    try:
        if raw.startswith(b"\xef\xbb\xbf"):
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
    import polars as pl

    with explained(path, "read"):
        raw = Path(path).read_bytes()
    text, encoding = decoded(raw, path)
    records = list(_csv_records(text, path))
    if not records:
        raise UserError(f"{path}: empty; it needs a header line and at least one row")
    header, rows = records[0], records[1:]
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise UserError(f"{path}: two columns are called '{twice[0]}'; rename one")
    columns = zip(*rows, strict=True) if rows else [() for _ in header]
    cells = {name: list(column) for name, column in zip(header, columns, strict=True)}
    frame = pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String))
    return Table(path, frame, encoding)


def _read_jsonl(path: str) -> Table:
    import polars as pl

    with explained(path, "read"):
        raw = Path(path).read_bytes()
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
    return Table(path, pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)), encoding)


def _plain(value: object, path: str, number: int, name: str) -> str | None:
    if isinstance(value, (list, dict)):
        raise UserError(f"{path}, line {number}: '{name}' holds a list or an object; it must be text")
    return str(value).lower() if isinstance(value, bool) else value


def _read_parquet(path: str) -> Table:
    import polars as pl

    frame = read_parquet(path)
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Binary]
    return Table(path, frame.drop(nested).with_columns(pl.all().cast(pl.String)), "parquet")


def read_table(path: str) -> Table:
    """Read one file by its ending; UserError where it is missing, a folder, empty, or in another format."""
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    ending = Path(path).suffix.lower()
    if Path(path).is_dir():
        raise UserError(f"{path}: a folder; name a file that ends in {', '.join(FORMATS)}")
    if ending not in readers:
        raise UserError(f"{path}: rows are read from files that end in {', '.join(FORMATS)}{nearest(ending, FORMATS)}")
    with explained(path, "read"):
        if Path(path).stat().st_size == 0:
            raise UserError(f"{path}: empty (0 bytes)")
    table = readers[ending](path)
    if table.frame.height == 0:
        raise UserError(f"{path}: no rows left to read; it holds a header at most")
    return table
