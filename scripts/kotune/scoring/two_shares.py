"""Two shares of which only counts are known: an exact test and an interval of their difference, unpaired.

Takes counts; reads and writes nothing. Where it is known which rows were right, a paired test of the same rows
says more.
"""

from __future__ import annotations

import math

from kotune.scoring.intervals import wilson


def _log_choose(of: int, taken: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(taken + 1) - math.lgamma(of - taken + 1)


def fisher(a: int, n: int, b: int, m: int) -> float:
    """Return Fisher's exact two-sided p of "one share": ``a`` of ``n`` against ``b`` of ``m``.

    All tables with the same margins count that are at most as likely as the one seen (R. A. Fisher, 1935).
    """
    right, rows = a + b, n + m
    low, high = max(0, right - m), min(n, right)
    logs = [
        _log_choose(n, one) + _log_choose(m, right - one) - _log_choose(rows, right) for one in range(low, high + 1)
    ]
    seen = logs[a - low] + 1e-7
    return min(1.0, math.fsum(math.exp(one) for one in logs if one <= seen))


def difference(a: int, n: int, b: int, m: int) -> tuple[float, float, float]:
    """Return b/m less a/n with its 95 % interval from both Wilson intervals.

    R. G. Newcombe, Statistics in Medicine 17, 1998, method 10.
    """
    first, second = a / n, b / m
    (first_low, first_high), (second_low, second_high) = wilson(first, n), wilson(second, m)
    value = second - first
    low = value - math.hypot(second - second_low, first_high - first)
    high = value + math.hypot(second_high - second, first - first_low)
    return value, low, high
