"""Ids of a mixture's rows: they name the part, the row's own id there and, of a row that is repeated, which copy it is.

Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars

BEHIND_PART, BEFORE_COPY = ":", "#"


def copied(name: str, copy: int) -> str:
    """Return the id of a row's copy; the first has the row's own."""
    return name if copy == 1 else f"{name}{BEFORE_COPY}{copy}"


def part_of(name: str) -> str:
    """Return the part that an id names."""
    return name.partition(BEHIND_PART)[0]


def of_parts(frame: polars.DataFrame, parts: Sequence[str]) -> polars.DataFrame:
    """Return the rows of these parts of a mixture, by the column ``id``."""
    import polars as pl

    return frame.filter(pl.col("id").str.split(BEHIND_PART).list.first().is_in(list(parts)))
