"""Readers: a user's or a bundled file, on disk or within an archive, becomes a table (`rows.table`).

Reads CSV and TSV (`rows.separated`), JSON lines and JSON in SQuAD's layout (`rows.json_rows`), plain or packed by gzip
or xz, and Parquet; writes nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.storage import explained, read_parquet, sha256_of
from kotune.rows.bundles import PACKED, ending_of, parted
from kotune.rows.chats import flattened_frame
from kotune.rows.json_rows import read_json, read_jsonl
from kotune.rows.separated import read_csv, read_tsv
from kotune.rows.table import Table

if TYPE_CHECKING:
    import polars

FORMATS = (".csv", ".tsv", ".jsonl", ".json", ".parquet")


def _numbers_alone(schema: polars.Schema) -> list[polars.Expr]:
    """Return columns of floats, and of lists of them, without NaN: it is no text, and stands where one is missing."""
    import polars as pl

    element = pl.element()
    return [
        pl.when(pl.col(name).is_finite()).then(pl.col(name))
        if dtype.is_float()
        else pl.col(name).list.eval(pl.when(element.is_finite()).then(element))
        for name, dtype in schema.items()
        if dtype.is_float() or (isinstance(dtype, pl.List) and dtype.inner.is_float())
    ]


def _read_parquet(path: str) -> Table:
    import polars as pl

    frame = flattened_frame(read_parquet(path), path)
    frame = frame.with_columns(_numbers_alone(frame.schema))
    plain = [name for name, dtype in frame.schema.items() if not dtype.is_nested() and dtype != pl.Binary]
    return Table(path, frame.with_columns(pl.col(plain).cast(pl.String)), "parquet", sha256_of(path))


def check_ending(path: str) -> None:
    """Raise UserError for a name by which no reader is known."""
    ending = ending_of(path)
    if ending not in FORMATS:
        raise UserError(f"{path}: rows are read from files that end in {', '.join(FORMATS)}{nearest(ending, FORMATS)}")
    if ending == ".parquet" and Path(path).suffix.lower() in PACKED:
        raise UserError(f"{path}: Parquet is packed within itself; unpack the file")


def read_table(path: str) -> Table:
    """Read one file by its ending; UserError where it is missing, a folder, empty, or in another format."""
    readers = {".csv": read_csv, ".tsv": read_tsv, ".jsonl": read_jsonl, ".json": read_json, ".parquet": _read_parquet}
    ending = ending_of(path)
    with explained(path, "read"):
        folder = Path(path).is_dir()
    if folder:
        raise UserError(f"{path}: a folder; name a file that ends in {', '.join(FORMATS)}")
    file, member = parted(path)
    check_ending(path)
    if member is not None and ending != ".csv":
        raise UserError(f"{path}: only .csv is read from an archive; unpack {file}")
    if Path(file).is_symlink() and not os.path.lexists(os.path.realpath(file)):
        raise UserError(f"{file}: a link to {os.readlink(file)}, which is not there; mend the link or name the file")
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
