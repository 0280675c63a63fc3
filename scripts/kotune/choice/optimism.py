"""What choosing costs: how far luck lifts the best of some candidates, and how many rows a wanted difference needs.

The best of k candidates that are equally good stands above its own true score by the expected maximum of their errors.
Errors on the same rows are correlated, and what counts is how far two of them part: with ``v`` the mean variance of a
paired difference of two, errors that are normal with equal correlation have the expected maximum

    m(k) sqrt(v / 2)        m(k): the expected maximum of k independent standard normals

(`docs/statistics.md` holds it against resampling). Reads and writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from kotune.core.storage import Json

LEVEL, POWER = 1.959963984540054, 0.8416212335729143  # normal points: two-sided 5 %, and 80 % power


def expected_maximum(count: int) -> float:
    """Return the expected maximum of so many independent standard normals (.564 of two, 1.163 of five)."""
    from scipy.integrate import quad
    from scipy.stats import norm

    if count < 2:
        return 0.0
    return quad(lambda x: x * count * norm.pdf(x) * norm.cdf(x) ** (count - 1), -12, 12)[0]


def luck_of_best(count: int, variance: float) -> float:
    """Return by how much the best of so many equally good candidates stands above its own true score.

    ``variance``: the mean variance of the paired difference of two of them.
    """
    return expected_maximum(count) * math.sqrt(variance / 2)


def units_needed(error: float, units: int, difference: float) -> int:
    """Return how many units show a true difference with 80 % power at the 5 % level, without correction.

    ``error``: the standard error of the paired difference of two over ``units`` units.
    """
    return math.ceil(units * ((LEVEL + POWER) * error / difference) ** 2)


def optimism(ranking: Sequence[Json], pairs: Sequence[Json]) -> Json | None:
    """Return what luck may have given to the winner of a ranking; None where no two of it were compared.

    ``candidates``, ``optimism`` (in the metric's unit), ``error`` (of the paired difference of two: the root of the
    mean variance), ``n`` and ``articles`` of the split.
    """
    names = {(line["model"], line["arm"]) for line in ranking}
    errors = [
        pair["se"]
        for pair in pairs
        if (pair["split"], pair["metric"]) == (ranking[0]["split"], ranking[0]["metric"])
        and "se" in pair
        and {(pair[side]["model"], pair[side]["arm"]) for side in "ab"} <= names
    ]
    if not errors:
        return None
    variance = fmean(error**2 for error in errors)
    return {
        "candidates": len(ranking),
        "optimism": luck_of_best(len(ranking), variance),
        "error": math.sqrt(variance),
        "n": ranking[0]["n"],
        "articles": ranking[0]["articles"],
    }
