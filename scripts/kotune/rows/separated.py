"""Separated values: a CSV, or a TSV, becomes columns of text.

Reads files on disk or within an archive; writes nothing. Cells are kept as they are written: "NA", "None" and "null"
are text like any other, and numbers stay text. A CSV has commas, and quotation marks around what holds one. A TSV has
one row a line, in which quotation marks are text as any other, unless a cell begins with one that its line does not
close, or holds a doubled one, and the whole file is a table as Excel writes it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.rows.bundles import raw_bytes
from kotune.rows.encodings import BOM, check_bytes, decoded
from kotune.rows.table import Table

if TYPE_CHECKING:
    import polars

# One cell of a CSV, whose quotation marks open and close it, and what ends the cell.
_CELL = re.compile(rb'(?:"[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*)?(?:,|\r\n?|\n|\Z)')
_BLOCK = 2**24  # bytes that are parsed at a time; a row must fit into one
_OTHERS = {";": "semicolons", "\t": "tabs", "|": "upright strokes"}  # what parts cells in files that are called CSV


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
        if not number:
            _check_delimiter(record, path)
        width = width or len(record)
        if len(record) != width:
            raise UserError(
                f"{path}, {place} (line {started}): {len(record)} cells where the header has {width}; "
                "put the cell that holds a comma or a line break between quotation marks"
            )
        yield record
        number += 1


def _check_delimiter(header: list[str], path: str) -> None:
    """Raise UserError for a header of one cell that another sign than the comma parts."""
    for sign, name in _OTHERS.items():
        if len(header) == 1 and sign in header[0]:
            way_out = "give it the ending .tsv" if sign == "\t" else "save it with commas (Excel: 'CSV UTF-8')"
            raise UserError(f"{path}, line 1: its cells are parted by {name}, not by commas; {way_out}")


def read_csv(path: str) -> Table:
    raw = raw_bytes(path)
    sha256 = hashlib.sha256(raw).hexdigest()
    check_bytes(raw, path)
    frame = _parsed(raw)
    if frame is not None:
        _check_delimiter(frame.columns, path)
        return Table(path, frame, "utf-8-sig" if raw.startswith(BOM) else "utf-8", sha256)
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

    text = memoryview(raw)[len(BOM) if raw.startswith(BOM) else 0 :]
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
    return _framed(list(_csv_records(text, path)), path)


def _framed(records: list[list[str]], path: str) -> polars.DataFrame:
    """Return records, header first, as columns of text; UserError for two columns of one name, and for none."""
    import polars as pl

    if not records:
        raise UserError(f"{path}: empty; it needs a header line and at least one row")
    header, rows = records[0], records[1:]
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise UserError(f"{path}: two columns are called '{twice[0]}'; rename one")
    columns = zip(*rows, strict=True) if rows else [() for _ in header]
    cells = {name: list(column) for name, column in zip(header, columns, strict=True)}
    return pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String))


def _quoted(record: list[str]) -> bool:
    """Return whether a cell looks as Excel writes one: with a doubled quotation mark, or going on in the next line."""
    begun = [cell for cell in record if cell.startswith('"')]
    return any(cell.count('"') % 2 or '""' in cell[1:-1] for cell in begun)


def _as_excel_writes(text: str, width: int) -> list[list[str]] | None:
    """Return a TSV's records, each of ``width`` cells, some between quotation marks; None where that gives no table."""
    csv.field_size_limit(2**31 - 1)
    try:
        records = [record for record in csv.reader(io.StringIO(text, newline=""), "excel-tab", strict=True) if record]
    except csv.Error:
        return None
    return records if all(len(record) == width for record in records) else None


def read_tsv(path: str) -> Table:
    """Read a TSV; UserError names the line that has more or fewer cells than the header."""
    raw = raw_bytes(path)
    text, encoding = decoded(raw, path)
    # only these end a line: a cell may hold what Unicode calls one
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    records = {number: line.split("\t") for number, line in enumerate(lines, start=1) if line}
    width = len(next(iter(records.values()), []))
    faulty = next((number for number, record in records.items() if len(record) != width), None)
    rows, notes = list(records.values()), ()
    meant = _as_excel_writes(text, width) if any(map(_quoted, rows)) else None
    marked = sum(cell[:1] == '"' == cell[-1:] and len(cell) > 1 for record in rows[1:] for cell in record)
    if meant is not None:
        rows, notes = meant, (f"{path}: quotation marks around cells are read as Excel writes them",)
    elif faulty is not None:
        raise UserError(
            f"{path}, line {faulty}: {len(records[faulty])} cells where the header has {width}; a cell of a TSV holds "
            "no tab and no line break: save the rows as CSV, or as JSON lines"
        )
    elif marked:
        notes = (f"{path}: cells between quotation marks, which are kept as text: {marked}",)
    return Table(path, _framed(rows, path), encoding, hashlib.sha256(raw).hexdigest(), notes=notes)
