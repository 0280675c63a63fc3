"""Columns: the task's columns are found in a table, under its own names or its layout's.

Takes a table as `rows.readers` reads it; returns a frame. Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.dotted import loaded
from kotune.core.errors import UserError, nearest
from kotune.core.names import GOLDS, SUBMISSION, TRAIN, UNIT, VALID
from kotune.core.storage import Json
from kotune.rows.places import golds_at, text_at
from kotune.rows.table import Table
from kotune.rows.task import Task, parted_by
from kotune.rows.units import NAME

if TYPE_CHECKING:
    import polars

UNANSWERABLE = "__unanswerable"  # marks rows of a file that says so; they are left out


def task_of(source: Json) -> Task:
    """Return the task of a source's rows (``source["task"]``: its dotted name), split as the source says."""
    return parted_by(loaded(source["task"]), by_of(source))


def by_of(source: Json) -> str | None:
    """Return what keeps a source's rows in one split instead of what their task says; None: nothing."""
    return source.get("split", {}).get("by")


def _place(table: Table, source: Json, name: str, task: Task) -> str | None:
    """Return where a table has one of the task's columns, or None.

    That is the place that ``source["columns"]`` names, else the one that the file's layout has for it; several gold
    answers may stand under the plural.
    """
    asked = source.get("columns", {}).get(name, name)
    held = {*table.frame.columns, *table.strange}
    others = [table.names.get(name), f"{asked}s" if name == task.gold else None]
    for place in filter(None, [asked, *others]):
        if place in held or place.split(".")[0] in held:
            return place
    return None


def _check_place(table: Table, place: str) -> None:
    """Raise UserError for a place that holds what is neither a text nor texts."""
    if place.split(".")[0] in table.strange:
        raise UserError(table.strange[place.split(".")[0]])


def _text(table: Table, place: str) -> polars.Expr:
    """Return the text at a place; UserError where it is none."""
    import polars as pl

    _check_place(table, place)
    if table.frame.schema.get(place) == pl.String:
        return pl.col(place)
    return text_at(table.frame, place, table.lists.get(place.split(".")[0], table.path))


def _selected(table: Table, name: str, place: str, task: Task) -> list[polars.Expr]:
    """Return the text of one column under the study's name, and the list of gold answers where it holds lists."""
    import polars as pl

    if name != task.gold or table.frame.schema.get(place) == pl.String:
        return [_text(table, place).alias(name)]
    _check_place(table, place)
    golds = golds_at(table.frame, place, table.path)
    return [golds.list.first().alias(name), golds.alias(GOLDS)]


def _article(table: Table, source: Json, split: str | None) -> list[polars.Expr]:
    """Return the column of each row's article, where the source or the file's layout has one.

    A file in a layout that names no articles is split by its texts, and so is a competition's test.
    """
    if by_of(source) or (UNIT not in source.get("columns", {}) and UNIT not in table.names):
        return []
    asked = source.get("columns", {}).get(UNIT)
    held = [*table.frame.columns, *table.strange]
    place = next((name for name in (asked, table.names.get(UNIT)) if name and name.split(".")[0] in held), None)
    if place is not None:
        return [_text(table, place).alias(NAME)]
    if table.names or split == SUBMISSION:
        return []
    raise UserError(
        f"{table.path}: no column '{asked}' for {UNIT}, which keeps rows together{nearest(asked, held).rstrip('?')}; "
        f"rename it, or take {UNIT} out of the data set's columns in config/datasets.yaml: rows are then split by "
        "equal texts"
    )


def _apart(selected: list[polars.Expr], task: Task) -> list[polars.Expr]:
    """Return the column of names by which rows with the same text are told apart; blank where nothing does so."""
    import polars as pl

    if not task.apart:
        return []
    texts = {one.meta.output_name(): one.fill_null("") for one in selected}
    told = pl.concat_str([texts[name] for name in task.apart], separator="\x1f")
    whole = pl.concat_str([texts[task.together], told], separator="\x1f")
    return [pl.when(told.str.strip_chars(" \n\x1f") != "").then(whole).otherwise(pl.lit("")).alias(NAME)]


def with_columns_of(table: Table, source: Json, split: str | None) -> polars.DataFrame:
    """Return the source's columns (all text) under the study's names, with each row's number.

    ``source["columns"]`` maps the study's names to the file's. A missing answer column is refused where answers are
    needed, and is all null elsewhere; so is the reasoning in a file without answers. Rows without an id column are
    ``numbered``, where the source says so. Where a row has several gold answers, there is a column of all of them.
    """
    import polars as pl

    task = task_of(source)
    needs_answer = split in (None, TRAIN, VALID)
    answered = needs_answer or (split != SUBMISSION and _place(table, source, task.gold, task) is not None)
    optional = {task.gold: not needs_answer, task.reasoning: not answered}
    selected = []
    for name in task.columns(source.get("reasoning", False)):
        place = _place(table, source, name, task)
        if place is not None:
            selected += _selected(table, name, place, task)
        elif optional.get(name):
            selected.append(pl.lit(None, dtype=pl.String).alias(name))
        elif name in task.optional:
            selected.append(pl.lit("").alias(name))
        elif name == "id" and source.get("numbered"):
            numbers = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(6)
            selected.append(pl.format("{}-{}", pl.lit(split or "row"), numbers).alias(name))
        else:
            theirs = source.get("columns", {}).get(name, name)
            raise UserError(_missing(table.path, name, theirs, [*table.frame.columns, *table.strange], task))
    labels = {name: _place(table, source, name, task) for name in task.labels}
    selected += [_text(table, place).alias(name) for name, place in labels.items() if place is not None]
    if table.impossible:
        selected.append((pl.col(table.impossible) == "true").alias(UNANSWERABLE))
    selected += _article(table, source, split) or _apart(selected, task)
    frame = table.frame.select(selected).with_row_index("row", offset=1)
    if GOLDS in frame.columns and (frame[GOLDS].list.len().max() or 0) < 2:
        frame = frame.drop(GOLDS)
    nameless = frame.filter(pl.col("id").fill_null("").str.strip_chars() == "")["row"].to_list()
    if nameless:
        count = len(nameless)
        raise UserError(f"{table.path}, row {nameless[0]}: the id is empty; each row needs one ({count} have none)")
    return frame


def _missing(path: str, name: str, theirs: str, held: Sequence[str], task: Task) -> str:
    """Return what a user is told of a column that a file lacks."""
    why = " (training and validation rows need answers)" if name == task.gold else ""
    way_out = "; add the reasoning to each row, or run the study without reasoning;" if name == task.reasoning else ";"
    hint = f"{nearest(theirs, held).rstrip('?')}{way_out} rename it, or name it in config/datasets.yaml under columns"
    return f"{path}: no column '{theirs}' for {name}{why}{hint}"


def check_ids(frames: Sequence[tuple[str, polars.DataFrame]]) -> None:
    """Raise UserError where an id stands twice, in one file or in two; the first few are named with their rows."""
    import polars as pl

    every = pl.concat([frame.select("id", "row", pl.lit(path).alias("path")) for path, frame in frames])
    twice = every.filter(pl.col("id").is_duplicated())
    if twice.is_empty():
        return
    places: dict[str, list[str]] = {}
    for name, row, path in twice.iter_rows():
        places.setdefault(name, []).append(f"{Path(path).name} row {row}")
    shown = "; ".join(f"'{name}' in {', '.join(rows[:3])}" for name, rows in list(places.items())[:3])
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    raise UserError(f"{frames[0][0]}: {len(places)} ids stand more than once: {shown}{more}; make each id unique")
