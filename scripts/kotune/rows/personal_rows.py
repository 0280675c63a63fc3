"""Rows with personal data: counted by kind, and left out or masked where a study asks (`personal_data`).

Takes and returns frames; reads and writes nothing. What is found is never told: only kinds and counts of rows are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kotune.core.names import GOLDS, SUBMISSION
from kotune.core.storage import Json
from kotune.rows.chats import heard, told
from kotune.rows.personal_data import KINDS, found, masked

if TYPE_CHECKING:
    import polars

    from kotune.rows.audit import Exclusions
    from kotune.rows.task import Task

KEY, DROP, MASK = "personal_data", "drop", "mask"
REASON = "personal data: "  # how the audit's reasons for what was left out begin; the kind follows


def _columns(frame: polars.DataFrame, task: Task) -> list[str]:
    """Return the columns that hold what is asked, learned or scored, or what rows are counted by."""
    wanted = dict.fromkeys((*task.columns(True)[1:], *task.labels, GOLDS))
    return [name for name in wanted if name in frame.columns]


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    """Return a cell, be it a text, texts or turns, with each of its texts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_changed(one, change) for one in value]
    return {**value, "content": change(value["content"])} if isinstance(value, dict) else value


def _turns_changed(value: Any, change: Callable[[str], str]) -> Any:
    """Return a cell of turns changed: in rows that are not prepared yet turns are one text (`chats.told`)."""
    return told(_changed(heard(value), change)) if isinstance(value, str) else _changed(value, change)


def _kinds_of(row: Json, turns: Sequence[str]) -> set[str]:
    """Return the kinds of personal data of one row."""
    seen: set[str] = set()

    def look(text: str) -> str:
        seen.update(one.kind for one in found(text))
        return text

    for name, value in row.items():
        (_turns_changed if name in turns else _changed)(value, look)
    return seen


def _kinds(frame: polars.DataFrame, task: Task) -> list[set[str]]:
    columns = _columns(frame, task)
    return [_kinds_of(row, task.turns) for row in frame.select(columns).iter_rows(named=True)]


def counted(frame: polars.DataFrame, task: Task) -> dict[str, int]:
    """Return how many rows hold each kind; kinds that no row holds are left out."""
    total = Counter(kind for kinds in _kinds(frame, task) for kind in kinds)
    return {kind: total[kind] for kind in KINDS if total[kind]}


def treated(
    frame: polars.DataFrame, split: str | None, asked: Json, exclusions: Exclusions, task: Task
) -> tuple[polars.DataFrame, dict[str, int]]:
    """Return the rows without those that hold a kind of ``asked["drop"]``, the kinds of ``asked["mask"]`` masked.

    With the number of rows in which each kind was masked. A submission's rows are all answered: none is left out.
    """
    import polars as pl

    for kind in asked.get(DROP, ()) if split != SUBMISSION else ():
        held = [kind in kinds for kinds in _kinds(frame, task)]
        frame = exclusions.drop(frame, split, f"{REASON}{kind}", pl.Series(held, dtype=pl.Boolean))
    wanted = asked.get(MASK, ())
    if not wanted:
        return frame, {}
    hit = [kinds & {*wanted} for kinds in _kinds(frame, task)]

    def mask(text: str) -> str:
        return masked(text, wanted)

    for name in _columns(frame, task) if any(hit) else ():
        change = _turns_changed if name in task.turns else _changed
        values = [change(value, mask) if one else value for value, one in zip(frame[name].to_list(), hit, strict=True)]
        frame = frame.with_columns(pl.Series(name, values, dtype=frame.schema[name]))
    total = Counter(kind for kinds in hit for kind in kinds)
    return frame, {kind: total[kind] for kind in KINDS if total[kind]}
