"""Metrics of what an answer does with a request: whether it refuses, refuses in part, or cannot be read.

The rules are those of `scoring.refusals`; they look at the answer alone. Reads and writes nothing; the signature is
that of `scoring.given`.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.scoring.given import Given
from kotune.scoring.refusals import PARTIAL, REFUSAL, UNREADABLE, class_of


def _are(lines: Sequence[Json], what: str) -> list[float]:
    return [float(class_of(line["answer"]) == what) for line in lines]


def refusal(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer declines what was asked and gives nothing of it (0 or 1)."""
    return _are(lines, REFUSAL)


def partial_refusal(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer declines one part and gives another (0 or 1)."""
    return _are(lines, PARTIAL)


def unreadable(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer is empty or in no Korean (0 or 1): neither a refusal nor an answer."""
    return _are(lines, UNREADABLE)
