"""Several trainings: how far a number can be trusted when both the seeds and the articles are drawn at random.

A number of several seeds is the mean over seeds of the number of each. Its variance has independent parts, each with
degrees of freedom of its own: the seeds' (variance of the seeds' numbers, divided by their count) and the articles'
(jackknife over articles of the mean over seeds). With parts ``v`` and degrees of freedom ``f`` the interval is

    number ± sqrt(Σ t(f)² v)        t(f): the two-sided 5 % quantile of Student's t

which covers at least 95 % whatever the parts' true sizes are (S. K. Banerjee, 1960, Sankhyā 22, 105-108: confidence
interval for a linear function of means), for normal effects. p is the level at which that interval ends at 0.
`docs/statistics.md` derives it and shows simulated coverage. Takes numbers; reads and writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from kotune.scoring.resampling import LEVEL, Estimate, Units

MODEL_FROM, BOOTSTRAP_FROM = 2, 10  # seeds: below 2 articles alone are drawn, from 10 on seeds are resampled too

Part = tuple[float, int]  # a variance of the number, and its degrees of freedom


def seeds_part(values: np.ndarray) -> Part:
    """Return what the seeds add to the variance of the mean of ``values`` (seeds,)."""
    return float(np.var(values, ddof=1)) / len(values), len(values) - 1


def articles_part(estimates: Sequence[Estimate], units: Units) -> Part:
    """Return what the articles add to the variance of the mean of the seeds' estimates: the jackknife's variance."""
    without = np.mean([estimate.without_each(units.sizes) for estimate in estimates], axis=0)
    count = units.count
    return float((count - 1) / count * ((without - without.mean()) ** 2).sum()), count - 1


def half_width(parts: Sequence[Part], level: float = LEVEL) -> float:
    """Return half of the interval's width at a level."""
    from scipy.stats import t

    return math.sqrt(sum(float(t.isf((1 - level) / 2, freedom)) ** 2 * part for part, freedom in parts))


def p_of(difference: float, parts: Sequence[Part]) -> float:
    """Return the two-sided p of "no difference": the level at which the interval around ``difference`` ends at 0."""
    from scipy.optimize import brentq

    least = 1e-12
    if difference == 0.0:
        return 1.0
    if half_width(parts, 1 - least) <= abs(difference):
        return least
    return float(brentq(lambda p: half_width(parts, 1 - p) - abs(difference), least, 1.0))


def two_way(drawn: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the mean over seeds that are drawn again for each resample; ``drawn`` (seeds, resamples) of articles."""
    seeds, resamples = drawn.shape
    chosen = generator.integers(0, seeds, size=(seeds, resamples))
    return np.take_along_axis(drawn, chosen, axis=0).mean(axis=0)


@lru_cache
def expanded_tail(seeds: int) -> float:
    """Return the share to leave out on each side so that percentiles of few seeds cover 95 %.

    A bootstrap of n draws spreads sqrt((n - 1) / n) too little and its tails are normal, not Student's; the percentiles
    are taken further out by that much (T. C. Hesterberg, 2015, The American Statistician 69, 371-386: "expanded").
    """
    from scipy.stats import norm, t

    out = math.sqrt(seeds / (seeds - 1)) * float(t.isf((1 - LEVEL) / 2, seeds - 1))
    return float(norm.sf(out))


def bootstrap_p(difference: float, found: np.ndarray, seeds: int) -> float:
    """Return the two-sided p of "no difference" by the standard error of two-way resamples, t with seeds - 1."""
    from scipy.stats import t

    error = float(np.std(found)) * math.sqrt(seeds / (seeds - 1))
    if error == 0.0:
        return 1.0 if difference == 0.0 else 1e-12
    return float(2 * t.sf(abs(difference) / error, seeds - 1))
