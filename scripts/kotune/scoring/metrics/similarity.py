"""The metric that compares meanings: the cosine of answer and gold answer as an embedder sees them.

The embedders are those of `scoring.embedders`. Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.scoring.given import Given


def similarity(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return each answer's similarity to its row's gold answer (-1..1), the best over several."""
    return given.similarities(given.pairs(lines, rows))
