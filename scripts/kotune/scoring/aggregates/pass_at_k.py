"""pass@k: the chance that at least one of k answers to a row passes, and its mean over rows.

The unbiased estimator of Chen et al. 2021 (arXiv 2107.03374): of n answers to a row, of which c pass,
1 − C(n − c, k) / C(n, k). Reads and writes nothing.
"""

from __future__ import annotations

import math

import numpy as np

from kotune.core.errors import UserError
from kotune.scoring.aggregates.kind import Aggregate, Lines


def estimate(answers: int, passed: int, k: int) -> float:
    """Return pass@k of one row; UserError for more draws than there are answers."""
    if k > answers:
        raise UserError(f"pass@{k} needs at least {k} answers to each row, and there are {answers}")
    return 1.0 - math.comb(answers - passed, k) / math.comb(answers, k)


def of(k: int) -> Aggregate:
    """Return the aggregate pass@k."""

    def parts(lines: Lines) -> np.ndarray:
        """Return each row's pass@k (rows, 1)."""
        found = [estimate(len(of_row), sum(line["value"] == 1.0 for line in of_row), k) for of_row in lines]
        return np.array(found, dtype=float)[:, None]

    return Aggregate(parts, lambda totals, rows: totals[:, 0] / rows, mean=True)


pass_at_5, pass_at_10, pass_at_100 = of(5), of(10), of(100)
