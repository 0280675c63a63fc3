"""Rows: check a data set, split it by unit, and say what was left out and why.

Takes files as `rows.readers` reads them; returns frames of text and an audit. Nothing is stripped or normalised. What
columns there are is the task's (`rows.task`). A unit is all rows of one article, by its name or by its text
(`rows.units`); its rows never stand both in train and in an evaluation split, but for the split `test-seen`, which
holds other questions on texts that are trained on (`rows.drawn`). The split `submission` holds a competition's rows
without answers: they are answered and never scored, and none of them is left out. A source that asks for `reasoning`
has one column more: why the answer is what it is.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.names import EVALUATED, GOLDS, SEEN, SPLITS, SUBMISSION, TEST, TRAIN, UNIT, UNSEEN, VALID
from kotune.core.storage import Json
from kotune.rows import drawn, personal_rows
from kotune.rows.audit import Exclusions, described, noted
from kotune.rows.chats import with_turns
from kotune.rows.columns import UNANSWERABLE, check_ids, task_of, with_columns_of
from kotune.rows.mixed_ids import of_parts
from kotune.rows.readers import read_table
from kotune.rows.repeats import distinct
from kotune.rows.table import Table
from kotune.rows.task import DEFAULT, Task, dotted
from kotune.rows.units import with_units

if TYPE_CHECKING:
    import polars


def usable(
    frame: polars.DataFrame, split: str | None, exclusions: Exclusions, task: Task, repeats: bool = False
) -> polars.DataFrame:
    """Return the rows that can be used: something in each column that is asked or learned, and no exact duplicate.

    Rows without any answer at all (a test file to be answered only) are kept; of a submission every row is, and of a
    test split single rows without one, where the task has such (a prompt set). Reasoning,
    where the rows have that column, is looked at as answers are. ``repeats``: duplicates stay.
    """
    import polars as pl

    def empty(column: str) -> polars.Expr:
        return pl.col(column).fill_null("").str.strip_chars() == ""

    learned = [column for column in task.learned(True) if column in frame.columns]
    nothing = pl.lit(None, dtype=pl.String)
    if UNANSWERABLE in frame.columns and split != SUBMISSION:
        frame = exclusions.drop(frame, split, "marked as a question without an answer", pl.col(UNANSWERABLE))
    frame = frame.drop(UNANSWERABLE, strict=False)
    if split == SUBMISSION:
        frame = frame.drop(GOLDS, strict=False)
        known = pl.col(*task.names, UNIT).fill_null("")
        return frame.with_columns(known, *(nothing.alias(column) for column in learned))
    frame = frame.with_columns(pl.col(column).fill_null("") for column in task.optional)
    for column in task.names:
        if column not in task.optional:
            frame = exclusions.drop(frame, split, f"empty {column}", empty(column))
    for column in learned:
        if split in (TEST, UNSEEN) and (task.unanswered or frame.select(empty(column).all()).item()):
            frame = frame.with_columns(pl.when(~empty(column)).then(pl.col(column)).alias(column))
        else:
            frame = exclusions.drop(frame, split, f"empty {column}", empty(column))
    return frame if repeats else distinct(frame, split, exclusions, task)


def split_by_unit(frame: polars.DataFrame, shares: Json, path: str, unit: str) -> dict[str, polars.DataFrame]:
    """Return train, valid and test of one file, whole units together; rows keep their order.

    ``shares``: {"valid": 0.1, "test": 0.1, "seed": 42}, shares of the rows; that of test-seen is drawn from train,
    later. Units are shuffled by the seed, then fill test, then valid, with at least two units each where there are six
    (stacking is fitted on two); the rest is train. ``unit``: what one is called.
    """
    import polars as pl

    counts = Counter(frame[UNIT].to_list())
    wanted = [(TEST, shares["test"]), (VALID, shares["valid"])]
    parts = [shares[split] for split in (VALID, TEST, SEEN) if split in shares]
    if any(share < 0 for share in parts) or sum(parts) >= 1:
        named = " and ".join(split for split in (VALID, TEST, SEEN) if split in shares)
        raise UserError(f"{path}: the shares of {named} must be at least 0 and leave something for train")
    units = list(counts)
    needed = 1 + sum(share > 0 for _, share in wanted)
    if len(units) < needed:
        raise UserError(
            f"{path}: holds {len(units)} {unit}s that can be used, and train, valid and test need {needed} (all "
            f"questions on one {unit} stay together); bring more {unit}s"
        )
    random.Random(shares["seed"]).shuffle(units)
    place: dict[str, str] = {}
    least = 2 if len(units) >= 6 else 1
    for split, share in wanted:
        quota, taken, filled = round(share * frame.height), 0, 0
        while share and units and (taken < least or filled < quota):
            one = units.pop()
            place[one] = split
            taken, filled = taken + 1, filled + counts[one]
    named = pl.col(UNIT).replace_strict(place, default=TRAIN, return_dtype=pl.String)
    return {split: frame.filter(named == split) for split in (TRAIN, VALID, TEST)}


def _check_files(source: Json) -> None:
    """Raise UserError for a source that names no rows, or the same split's rows twice."""
    given = source.get("files", {})
    for split in given:
        if split not in SPLITS:
            raise UserError(f"data set '{source['dataset']}': unknown split '{split}'{nearest(split, SPLITS)}")
    twice = [split for split in (TRAIN, VALID) if split in given] if "path" in source else []
    if twice or not (given or "path" in source):
        raise UserError(f"data set '{source['dataset']}': name either one file (path) or one per split (files)")


@dataclass
class _Read:
    """What was read: each split's usable rows, the files, notes for the audit, and how many rows were cut by shares."""

    splits: dict[str, polars.DataFrame]
    files: list[Json]
    notes: list[str]
    masked: dict[str, int]
    cut: int = 0


def _read(source: Json, exclusions: Exclusions) -> _Read:
    """Return the usable rows of each split with their units."""
    _check_files(source)
    task = task_of(source)
    given = source.get("files", {})
    tables: dict[str | None, Table] = {None: read_table(source["path"])} if "path" in source else {}
    tables |= {split: read_table(given[split]) for split in SPLITS if split in given}
    frames = {split: with_columns_of(table, source, split) for split, table in tables.items()}
    check_ids([(tables[split].path, frame) for split, frame in frames.items()])
    notes = [note for table in tables.values() for note in table.notes]
    masked: Counter[str] = Counter()
    for split, frame in frames.items() if personal_rows.KEY in source else ():
        frames[split], found = personal_rows.treated(frame, split, source[personal_rows.KEY], exclusions, task)
        masked.update(found)
    frames, joined = with_units(frames, task)
    if joined:
        notes.append(
            f"{task.together}s that stand under several {task.unit}s' names: {joined}; those {task.unit}s are one"
        )
    repeats = source.get("repeats", False)
    rows = {split: usable(frame, split, exclusions, task, repeats) for split, frame in frames.items()}
    cut = 0
    if None in rows:
        whole, path = rows.pop(None), tables[None].path
        if whole.is_empty():
            raise UserError(f"{path}: no rows left{exclusions.worst()}")
        shares, cut = {**source["split"], TEST: 0} if TEST in rows else source["split"], whole.height
        parted = split_by_unit(whole, shares, path, task.unit)
        for split in (VALID, TEST) if repeats else ():
            parted[split] = distinct(parted[split], split, exclusions, task)
        rows = {**parted, **rows}
    return _Read(rows, [{"split": split, **table.described} for split, table in tables.items()], notes, masked, cut)


def _without_leaks(splits: dict[str, polars.DataFrame], exclusions: Exclusions, unit: str) -> list[str]:
    """Take the units of evaluation splits out of train, in place; return notes on units that splits share.

    Test-seen is drawn from train afterwards. What a submission shares stays in train: nothing is measured on it.
    """
    import polars as pl

    evaluated = [split for split in EVALUATED if split in splits]
    if TRAIN in splits and evaluated:
        held = pl.concat([splits[split][UNIT] for split in evaluated]).unique()
        leaked = pl.col(UNIT).is_in(held.implode())
        splits[TRAIN] = exclusions.drop(splits[TRAIN], TRAIN, f"{unit} also in an evaluation split", leaked)
    notes = []
    for index, one in enumerate(evaluated):
        for other in evaluated[index + 1 :]:
            shared = len(set(splits[one][UNIT]) & set(splits[other][UNIT]))
            if shared:
                notes.append(f"{unit}s that stand in both {one} and {other}: {shared}; both splits keep them")
    if TRAIN in splits and SUBMISSION in splits:
        shared = len(set(splits[TRAIN][UNIT]) & set(splits[SUBMISSION][UNIT]))
        if shared:
            notes.append(f"{unit}s that stand in both {TRAIN} and {SUBMISSION}: {shared}; both keep them")
    return notes


def _shortened(frame: polars.DataFrame, limit: int, exclusions: Exclusions, task: Task) -> polars.DataFrame:
    """Return train without the rows whose long text has more than ``limit`` characters."""
    import polars as pl

    if not task.long:
        raise UserError("max_context_chars: the task's rows have no long text; leave the key out of the rowset")
    column = task.long[0]
    return exclusions.drop(frame, TRAIN, f"{column} over {limit} characters", pl.col(column).str.len_chars() > limit)


def _short(frame: polars.DataFrame, limit: int, exclusions: Exclusions, task: Task) -> polars.DataFrame:
    """Return train without the rows whose texts have more than ``limit`` characters together."""
    import polars as pl

    texts = [column for column in task.columns(True)[1:] if column in frame.columns]
    length = pl.sum_horizontal(pl.col(column).str.len_chars().fill_null(0) for column in texts)
    return exclusions.drop(frame, TRAIN, f"over {limit} characters in all", length > limit)


def _taken(read: _Read, source: Json, exclusions: Exclusions, task: Task) -> tuple[dict[str, polars.DataFrame], Json]:
    """Return the rows of each split that the source asks for, and how many a split had before some were drawn."""
    splits = read.splits
    if source.get("split", {}).get(SEEN) and read.cut:
        count = max(1, round(source["split"][SEEN] * read.cut))
        splits = drawn.with_seen(splits, count, source["split"]["seed"], task)
    whole, limit, whole_limit = splits.get(TRAIN), source.get("max_context_chars"), source.get("max_row_chars")
    if "parts" in source:
        splits = {**splits, TRAIN: of_parts(splits[TRAIN], source["parts"])}
    if limit is not None and TRAIN in splits:
        splits = {**splits, TRAIN: _shortened(splits[TRAIN], limit, exclusions, task)}
    if whole_limit is not None and TRAIN in splits:
        splits = {**splits, TRAIN: _short(splits[TRAIN], whole_limit, exclusions, task)}
    held = {split: frame.height for split, frame in splits.items()}
    return drawn.capped(splits, whole, source["caps"], task) if "caps" in source else splits, held


def prepare(source: Json) -> tuple[dict[str, polars.DataFrame], Json]:
    """Return each split's rows (id, the task's columns, article: the row's unit; all text) and the audit.

    ``source``: {"dataset", "task": dotted name, "columns", "files": {split: path}} or {…, "path", "split": {"valid",
    "test", "seed"}}, where "files" may add splits that the file at "path" is not to be split for, and "split" may have
    the share of "test-seen". An optional "max_context_chars", of the long text, or "max_row_chars", of all texts of a
    row, shortens train alone, as "parts" of a mixture do: what is evaluated stays whole.
    "caps" says how many rows a split may have (`drawn.capped`). "reasoning": true asks for the column of reasoning,
    which then stands before article; where a row has several gold answers, `golds` stands last. "numbered": true gives
    ids (row-000001, or train-000001 where each split has its file) to a file without an id column. "repeats": true
    keeps equal rows in train: a mixture has copies of rows that weigh more than once. "personal_data": {"drop", "mask"}
    names kinds; in how many rows of the files each was masked is the audit's `masked`.
    """
    source = {"task": dotted(DEFAULT), **source}
    task, reasoning, exclusions = task_of(source), source.get("reasoning", False), Exclusions()
    read = _read(source, exclusions)
    if task.tried:
        read.splits, more = task.tried(read.splits, exclusions)
        read.notes += more
    notes = read.notes + _without_leaks(read.splits, exclusions, task.unit)
    splits, held = _taken(read, source, exclusions, task)
    where = {file["split"]: file["path"] for file in read.files}
    for split, frame in splits.items():
        if frame.is_empty():
            raise UserError(
                f"{where.get(split) or read.files[0]['path']}: no rows left for {split}{exclusions.worst()}"
            )
    facts = {split: described(frame, task, reasoning) for split, frame in splits.items()}
    for split, found in facts.items():
        found |= {"of": held[split]} if held[split] > found["rows"] else {}
    audit = {
        "dataset": source["dataset"],
        "files": read.files,
        "splits": facts,
        "excluded": exclusions.found,
        "notes": notes + drawn.notes(splits, held, task) + noted(splits, read.files, task),
    }
    audit |= {"masked": read.masked} if read.masked else {}
    made = {}
    for split, frame in splits.items():
        besides = [name for name in (*task.labels, GOLDS) if name in frame.columns]
        made[split] = frame.select(*task.columns(reasoning), UNIT, *besides)
        for column in task.turns:
            made[split] = with_turns(made[split], column)
    return made, audit
