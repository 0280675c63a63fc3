"""Runs: one number of one or several trainings, with how each can be resampled.

Takes arrays of `scoring.score_columns`; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kotune.scoring.aggregates.kind import Aggregate
from kotune.scoring.resampling import Estimate, Units, aggregate_estimate, difference_estimate, mean_estimate


def _point(aggregate: Aggregate, values: np.ndarray) -> float:
    """Return what an aggregate says of all rows."""
    if aggregate.mean:
        return float(values.mean())
    return float(aggregate.value(values.sum(axis=0)[None], np.array([len(values)]))[0])


def _estimate(aggregate: Aggregate, values: np.ndarray, units: Units) -> Estimate:
    return mean_estimate(values, units) if aggregate.mean else aggregate_estimate(aggregate, values, units)


@dataclass(frozen=True)
class Runs:
    """A number of one or several runs: ``points`` (runs,), an estimate each; of a difference also both sides' values.

    The number is the mean over the runs of the number of each: for an aggregate that is no mean, too.
    """

    aggregate: Aggregate
    points: np.ndarray
    estimates: tuple[Estimate, ...]
    a: tuple[np.ndarray, ...] = ()
    b: tuple[np.ndarray, ...] = ()

    @cached_property
    def point(self) -> float:
        return float(self.points[0]) if len(self.points) == 1 else float(self.points.mean())


def single(aggregate: Aggregate, values: Sequence[np.ndarray], units: Units) -> Runs:
    """Return a contender's number; ``values``: an array a run."""
    points = np.array([_point(aggregate, of_run) for of_run in values])
    return Runs(aggregate, points, tuple(_estimate(aggregate, of_run, units) for of_run in values))


def differences(aggregate: Aggregate, a: Sequence[np.ndarray], b: Sequence[np.ndarray], units: Units) -> Runs:
    """Return what b has more than a, run by run; a side with one run (a base) stands against each run of the other."""
    count = max(len(a), len(b))
    a, b = (tuple(side) * count if len(side) == 1 else tuple(side) for side in (a, b))
    points, estimates = [], []
    for of_a, of_b in zip(a, b, strict=True):
        if aggregate.mean:
            points.append(float((of_b - of_a).mean()))
            estimates.append(mean_estimate(of_b - of_a, units))
        else:
            points.append(_point(aggregate, of_b) - _point(aggregate, of_a))
            estimates.append(difference_estimate(_estimate(aggregate, of_a, units), _estimate(aggregate, of_b, units)))
    return Runs(aggregate, np.array(points), tuple(estimates), a, b)
