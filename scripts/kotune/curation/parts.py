"""Parts of a mixture: the rows of one data set in the task's columns, filtered, with where each came from.

Reads the files that `rows.readers` reads; writes nothing. What is left out is counted by reason and part
(`rows.audit.Exclusions`, whose splits are parts here). A text that is no conversation is listed with its row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.names import UNIT
from kotune.core.storage import Json
from kotune.rows import speakers
from kotune.rows.audit import Exclusions
from kotune.rows.chats import HISTORY, SYSTEM, USER, heard, told
from kotune.rows.columns import check_ids, with_columns_of
from kotune.rows.mixed_ids import BEHIND_PART
from kotune.rows.readers import read_table
from kotune.rows.table import Table

if TYPE_CHECKING:
    import polars

TEXTS = ("instruction", "input", "output", SYSTEM, HISTORY)  # the task's columns, besides the id
COLUMNS = ("id", *TEXTS, UNIT, "part", "source_id", "source_row", "earlier_turns", "cut_turns")
BETWEEN = "\x1f"  # the texts that name a unit; in no text


@dataclass
class Read:
    """A part as read: the rows that can be used (`COLUMNS`), what is said of its file, and what was no conversation."""

    frame: polars.DataFrame
    file: Json
    faults: list[Json]


@dataclass
class _Parted:
    """A table whose conversations are columns: its rows' numbers in the file, the turns cut behind the last answer."""

    table: Table
    rows: list[int]
    cut: list[int]
    faults: list[Json] = field(default_factory=list)


def read(part: Json, task: str, exclusions: Exclusions) -> Read:
    """Return a part's rows; ``part``: as `study.mixtures` makes it, ``task``: its dotted name.

    UserError for a file that cannot be read, and for a part of which nothing is left.
    """
    import polars as pl

    whole = _numbered(read_table(part["path"]), part)
    count = whole.frame.height
    parted = _parted(whole, part) if "conversation" in part else _Parted(whole, list(range(1, count + 1)), [0] * count)
    frame = with_columns_of(parted.table, {"task": task, "columns": {**part["columns"], "id": _id(part)}}, None)
    check_ids([(part["path"], frame)])
    name, texts = part["name"], [pl.col(column).fill_null("") for column in TEXTS]
    frame = frame.with_columns(
        pl.concat_str(pl.lit(f"{name}{BEHIND_PART}"), "id").alias("id"),
        pl.col("id").alias("source_id"),
        pl.lit(name).alias("part"),
        pl.Series("source_row", parted.rows, dtype=pl.Int64),
        pl.Series("cut_turns", parted.cut, dtype=pl.Int64),
        *texts,
    )
    frame = _filtered(_usable(frame, name, exclusions), part.get("filters", {}), name, exclusions)
    if frame.is_empty():
        raise UserError(f"{part['path']}, part '{name}': no row is left{exclusions.worst()}")
    roots = [_root(row) for row in frame.select(TEXTS).to_dicts()]
    frame = frame.with_columns(pl.Series(UNIT, roots), pl.Series("earlier_turns", _earlier(frame), dtype=pl.Int64))
    return Read(frame.select(COLUMNS), whole.described, parted.faults)


def _id(part: Json) -> str:
    return part["columns"].get("id", "id")


def _numbered(table: Table, part: Json) -> Table:
    """Return a table with ids: its own, or the numbers of its rows where it has none, or none that tell rows apart.

    A part that is filtered by its ids keeps them.
    """
    import polars as pl

    asked = any(key.startswith("ids_") for key in part.get("filters", {}))
    ids = table.frame[_id(part)] if "id" in part["columns"] and _id(part) in table.frame.columns else None
    if asked or (ids is not None and ids.n_unique() == len(ids) and not ids.null_count()):
        return table
    if "id" in part["columns"] and ids is None:
        raise UserError(f"{table.path}: no column '{_id(part)}'{nearest(_id(part), table.frame.columns)}")
    numbers = [f"row-{number:06d}" for number in range(1, table.frame.height + 1)]
    return replace(table, frame=table.frame.with_columns(pl.Series(_id(part), numbers)))


def _parted(table: Table, part: Json) -> _Parted:
    """Return a table whose column of whole conversations has become those of the task.

    UserError where no row is a conversation.
    """
    import polars as pl

    asked = part["conversation"]
    column = part["columns"][asked["column"]]
    if column not in table.frame.columns:
        raise UserError(f"{table.path}: no column '{column}'{nearest(column, table.frame.columns)}")
    found, rows, cut, faults = [], [], [], []
    names = table.frame[_id(part)].to_list()
    for number, (name, text) in enumerate(zip(names, table.frame[column].to_list(), strict=True), start=1):
        try:
            turns = speakers.parted(text or "", asked["marks"])
            earlier, question, answer, behind = speakers.asked_and_answered(turns)
        except speakers.Unparsed as error:
            faults.append({"part": part["name"], "id": name, "row": number, "why": str(error)})
            continue
        found.append({"id": name, "instruction": question, "output": answer, HISTORY: told(earlier)})
        rows.append(number)
        cut.append(behind)
    if not found:
        first = faults[0]
        raise UserError(
            f"{table.path}, part '{part['name']}': none of its {len(faults):,} rows is a conversation; row "
            f"{first['row']}: {first['why']}; the marks of transform.conversation are "
            f"{' and '.join(repr(mark) for mark in asked['marks'].values())}"
        )
    schema = {_id(part): pl.String, "instruction": pl.String, "output": pl.String, HISTORY: pl.String}
    frame = pl.DataFrame([list(row.values()) for row in found], schema=schema, orient="row")
    return _Parted(replace(table, frame=frame, strange={}, lists={}), rows, cut, faults)


def _usable(frame: polars.DataFrame, name: str, exclusions: Exclusions) -> polars.DataFrame:
    """Return the rows that ask something and answer something."""
    import polars as pl

    for column in ("instruction", "output"):
        frame = exclusions.drop(frame, name, f"empty {column}", pl.col(column).str.strip_chars() == "")
    return frame


def _filtered(frame: polars.DataFrame, filters: Json, name: str, exclusions: Exclusions) -> polars.DataFrame:
    """Return the rows that a part's filters let through."""
    import polars as pl

    answer = pl.col("output").str.len_chars()
    whole = pl.sum_horizontal(pl.col(column).str.len_chars() for column in ("instruction", "input", "output", HISTORY))
    unwanted = {
        "min_answer_chars": lambda least: (f"answer under {least} characters", answer < least),
        "max_answer_chars": lambda most: (f"answer over {most} characters", answer > most),
        "max_row_chars": lambda most: (f"over {most} characters in all", whole > most),
        "ids_begin_with": lambda begin: (f"id does not begin with {' or '.join(begin)}", ~_begins(begin)),
        "ids_do_not_begin_with": lambda begin: (f"id begins with {' or '.join(begin)}", _begins(begin)),
    }
    for key, asked in filters.items():
        if key == "max_earlier_turns":
            turns = pl.Series(_earlier(frame), dtype=pl.Int64)
            frame = exclusions.drop(frame, name, f"over {asked} earlier turns", pl.lit(turns > asked))
        else:
            reason, fault = unwanted[key](asked)
            frame = exclusions.drop(frame, name, reason, fault)
    return frame


def _begins(beginnings: list[str]) -> polars.Expr:
    import polars as pl

    return pl.any_horizontal(pl.col("source_id").str.starts_with(one) for one in beginnings)


def _earlier(frame: polars.DataFrame) -> list[int]:
    """Return how many turns stand before each row's question."""
    return [len(heard(text)) for text in frame[HISTORY]]


def _root(row: Json) -> str:
    """Return what names a row's unit: the first question of its conversation, or its own with its input.

    Conversations that begin with the same question are branches of one, and stay in one split.
    """
    asked = [turn["content"] for turn in heard(row[HISTORY]) if turn["role"] == USER]
    if asked:
        return asked[0]
    return BETWEEN.join(filter(None, (row["instruction"], row["input"])))
