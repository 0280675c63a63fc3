"""Repeats: rows that equal an earlier one in what they ask, in what is learned of them, and in their unit.

Takes and returns frames; reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.names import GOLDS, UNIT
from kotune.rows.audit import Exclusions
from kotune.rows.task import Task

if TYPE_CHECKING:
    import polars


def distinct(frame: polars.DataFrame, split: str | None, exclusions: Exclusions, task: Task) -> polars.DataFrame:
    """Return a split's rows without those that equal an earlier one; they are counted in the exclusions."""
    import polars as pl

    learned = [column for column in task.learned(True) if column in frame.columns]
    # a long text by its hash: a key that held the text itself would hold every article once more
    held = [column for column in task.same if column in frame.columns]
    same = [pl.col(column).hash() if column in task.long else pl.col(column) for column in held]
    golds = [pl.col(GOLDS).list.join("\x1f")] if GOLDS in frame.columns else []
    later = ~pl.struct(*same, UNIT, *learned, *golds).is_first_distinct()
    return exclusions.drop(frame, split, "exact duplicate of an earlier row", later)
