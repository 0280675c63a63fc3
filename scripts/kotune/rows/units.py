"""Units: which rows must never be parted, by their article's name where they have one, else by equal texts.

Takes the frames of several files; returns them with the column of each row's unit. Reads and writes nothing. White
space, and whether Hangul is composed, make no other unit. A text that stands under two names makes one unit of both
articles: parted, it would be trained on and asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.names import SUBMISSION, UNIT
from kotune.rows.task import Task

if TYPE_CHECKING:
    import polars

NAME = "__article_name"  # the article that a row says it is of; there where a source has such a column
Frames = dict[str | None, "polars.DataFrame"]


def with_units(frames: Frames, task: Task) -> tuple[Frames, int]:
    """Return the frames of all files with the column of units, and how many texts stand under more than one name.

    Without the column `NAME`, and in a row whose name is blank, the unit is that of the text that the task keeps
    together. A submission joins no articles: nothing is measured on it. Nor do rows of a task that tells equal texts
    apart.
    """
    texts = _units(frames, task.together, task)
    names = {name: unit for name, unit in _units(frames, NAME, task).items() if name.strip()}
    joined: dict[str, str] = {}  # a unit that is part of another → that one
    article: dict[str, str] = {}  # the unit of a text → that of the first name under which it stands
    several = set()
    for split, frame in frames.items():
        if split == SUBMISSION or NAME not in frame.columns or task.apart:
            continue
        for text, name in frame.select(task.together, NAME).unique(maintain_order=True).iter_rows():
            if (text or "").strip() and name in names:
                first = article.setdefault(texts[text], names[name])
                several |= {texts[text]} if first != names[name] else set()
                one, other = _whole(joined, first), _whole(joined, names[name])
                joined |= {other: one} if one != other else {}
    known = {
        task.together: {text: _whole(joined, article.get(unit, unit)) for text, unit in texts.items()},
        NAME: {name: _whole(joined, unit) for name, unit in names.items()},
    }
    return {split: _told(frame, known) for split, frame in frames.items()}, len(several)


def _units(frames: Frames, column: str, task: Task) -> dict[str, str]:
    """Return the unit that each text of a column makes."""
    held = [frame[column].drop_nulls().unique() for frame in frames.values() if column in frame.columns]
    return {text: task.unit_of(text) for texts in held for text in texts}


def _whole(joined: dict[str, str], unit: str) -> str:
    while unit in joined:
        unit = joined[unit]
    return unit


def _told(frame: polars.DataFrame, known: dict[str, dict[str, str]]) -> polars.DataFrame:
    """Return a frame with each row's unit: that of its article's name, else that of its text."""
    import polars as pl

    units = []
    for column, of_texts in known.items():
        if column in frame.columns:
            units.insert(0, f"__unit_by_{column}")
            mapping = pl.DataFrame({column: list(of_texts), units[0]: list(of_texts.values())},
                                   schema={column: pl.String, units[0]: pl.String})  # fmt: skip
            frame = frame.join(mapping, on=column, how="left", maintain_order="left")
    return frame.with_columns(pl.coalesce(units).alias(UNIT)).drop(*units, NAME, strict=False)
