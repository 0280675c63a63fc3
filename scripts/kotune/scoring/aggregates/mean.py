"""The mean over rows; of a row that was answered several times, the mean of its answers counts.

Reads and writes nothing.
"""

from __future__ import annotations

import math

import numpy as np

from kotune.scoring.aggregates.kind import Aggregate, Lines


def _values(lines: Lines) -> np.ndarray:
    """Return each row's value (rows, 1)."""
    values = [
        of_row[0]["value"] if len(of_row) == 1 else math.fsum(line["value"] for line in of_row) / len(of_row)
        for of_row in lines
    ]
    return np.array(values, dtype=float)[:, None]


mean = Aggregate(_values, lambda totals, rows: totals[:, 0] / rows, mean=True)
