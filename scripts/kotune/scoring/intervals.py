"""Intervals of numbers of one or several runs, and what stands where no spread was seen. Reads and writes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.scoring import seeds as of_seeds
from kotune.scoring.resampling import RESAMPLES, Units, generator_for, percentiles, resamples_of
from kotune.scoring.runs import Runs

NOTHING = 1e-9  # an interval that is no wider has no spread but rounding
Z = 1.959963984540054  # the two-sided 5 % point of the normal distribution


@dataclass(frozen=True)
class Settings:
    """What statistics are asked; ``facts``: of each metric ``bounds`` and whether a row is right or wrong (``binary``).

    ``margin``: the smallest difference of the primary metric that matters; None where the study names none.
    ``untuned``: the arms that have one run and no seed.
    """

    seed: int
    resamples: int = RESAMPLES
    primary_metric: str | None = None
    margin: float | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    untuned: Sequence[str] = (BASE,)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of ``count`` (E. B. Wilson, 1927, JASA 22, 209-212)."""
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * math.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return (0.0 if share == 0 else middle - half), (1.0 if share == 1 else middle + half)


def intervals_on(
    numbers: Sequence[Runs], metrics: Sequence[str], units: Units, split: str, asked: Settings, paired: bool = False
) -> list[Json]:
    """Return low, high and standard error (``se``) of each number; ``paired``: they are differences.

    Where no spread was seen, a share of right answers has Wilson's interval (``interval``: "wilson") and any other
    number ``no_spread``: the count of units. Of several seeds also what p is computed from.
    """
    alone = [place for place, runs in enumerate(numbers) if len(runs.points) < of_seeds.MODEL_FROM]
    found: list[Json] = [{} for _ in numbers]
    drawn = resamples_of(
        [numbers[place].estimates[0] for place in alone],
        units,
        generator_for(asked.seed, "bootstrap", split),
        asked.resamples,
    )
    ends = percentiles(drawn) if alone else []
    for place, (low, high), of_number in zip(alone, ends, drawn, strict=True):
        found[place] = {"low": low, "high": high, "se": float(np.std(of_number))}
    for place, runs in enumerate(numbers):
        if not found[place]:
            found[place] = _of_several(runs, units, split, asked, asked.facts.get(metrics[place], {}), paired)
        found[place] |= _without_spread(runs.point, found[place], asked.facts.get(metrics[place], {}), units, paired)
    return found


def _of_several(runs: Runs, units: Units, split: str, asked: Settings, facts: Json, paired: bool) -> Json:
    """Return the interval of several seeds: by Student's t, or by a two-way bootstrap where there are many."""
    count = len(runs.points)
    if count < of_seeds.BOOTSTRAP_FROM:
        parts = [of_seeds.seeds_part(runs.points), of_seeds.articles_part(runs.estimates, units)]
        half = of_seeds.half_width(parts)
        low, high = _within(runs.point - half, runs.point + half, facts, paired)
        error = math.sqrt(sum(part for part, _ in parts))
        return {"low": low, "high": high, "se": error, "parts": parts, "no_parts": half < NOTHING}
    drawn = resamples_of(runs.estimates, units, generator_for(asked.seed, "bootstrap", split), asked.resamples)
    found = of_seeds.two_way(drawn, generator_for(asked.seed, "seeds", split))
    ((low, high),) = percentiles(found[None], of_seeds.expanded_tail(count))
    error = float(np.std(found)) * math.sqrt(count / (count - 1))
    return {"low": low, "high": high, "se": error, "found": found, "no_parts": error < NOTHING}


def _within(low: float, high: float, facts: Json, paired: bool) -> tuple[float, float]:
    """Return the ends, no further out than the metric goes."""
    least, most = facts.get("bounds", (None, None))
    if paired:
        span = None if least is None or most is None else most - least
        least, most = (None, None) if span is None else (-span, span)
    return (low if least is None else max(low, least)), (high if most is None else min(high, most))


def _without_spread(point: float, found: Json, facts: Json, units: Units, paired: bool) -> Json:
    """Return what stands for an interval without width; nothing where there is one."""
    if found["high"] - found["low"] > NOTHING:
        return {}
    if not paired and facts.get("binary") and min(abs(point), abs(1 - point)) < NOTHING:
        low, high = wilson(round(point), units.count)
        return {"low": low, "high": high, "interval": "wilson"}
    missed = wilson(0.0, units.count)[1]  # a share of units that may differ though none of those drawn did
    least, most = facts.get("bounds", (None, None))
    span = math.inf if least is None or most is None else most - least
    return {
        "no_spread": units.count,
        "unseen": [(1 - missed) * point - missed * span, (1 - missed) * point + missed * span],
    }
