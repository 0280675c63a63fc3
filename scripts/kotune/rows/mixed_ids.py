"""Ids of a mixture's rows: they name the part, the row's own id there and, of a row that is repeated, which copy it is.

Reads and writes nothing.
"""

from __future__ import annotations

BEHIND_PART, BEFORE_COPY = ":", "#"


def copied(name: str, copy: int) -> str:
    """Return the id of a row's copy; the first has the row's own."""
    return name if copy == 1 else f"{name}{BEFORE_COPY}{copy}"


def part_of(name: str) -> str:
    """Return the part that an id names."""
    return name.partition(BEHIND_PART)[0]
