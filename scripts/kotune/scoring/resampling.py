"""Resampling: the interval of a mean, of another aggregate or of a difference, over units of rows.

The unit is the article, because questions of one article are not independent: each bootstrap resample draws whole
articles with replacement. Without articles the row is the unit. Takes arrays; reads and writes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kotune.core.errors import UserError
from kotune.scoring.aggregates.kind import Aggregate

RESAMPLES = 10_000
LEVEL = 0.95
CHUNK = 2**20  # numbers held at a time, so that memory does not grow with the rows


@dataclass(frozen=True)
class Units:
    """What is resampled: ``of_row`` (rows,) holds each row's unit, ``sizes`` (units,) the number of rows of each."""

    of_row: np.ndarray
    sizes: np.ndarray
    word: str  # what a unit is called: article or row
    where: str = "the rows"  # for messages

    @property
    def count(self) -> int:
        return len(self.sizes)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of the values (rows,) in each unit (units,); UserError for a value that is no number."""
        if len(values) != len(self.of_row) or not np.isfinite(values).all():
            raise UserError(
                f"{self.where}: {len(self.of_row)} rows need as many finite scores; a score is missing or NaN"
            )
        return np.bincount(self.of_row, weights=values, minlength=self.count)

    def part_sums(self, parts: np.ndarray) -> np.ndarray:
        """Return the sums of an aggregate's parts (rows, parts) in each unit (units, parts)."""
        return np.stack([self.sums(part) for part in parts.T], axis=1)


def make_units(rows: int, clusters: Sequence[str] | None = None, where: str = "the rows") -> Units:
    """Return the units of ``rows`` rows: the distinct clusters in order of appearance, or the rows themselves."""
    if clusters is None:
        return Units(np.arange(rows), np.ones(rows), "row", where)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    of_row = np.array([numbers[name] for name in clusters], dtype=np.int64)
    return Units(of_row, np.bincount(of_row).astype(float), "article", where)


def generator_for(seed: int, *what: str) -> np.random.Generator:
    """Return the random generator for one purpose: it depends on the seed and the words given, and on nothing else."""
    told = hashlib.sha256("\x1f".join(what).encode("utf-8")).digest()
    return np.random.Generator(np.random.PCG64([seed, int.from_bytes(told[:16], "big")]))


def _draws(units: Units, resamples: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield float arrays (some resamples, units): how often each unit was drawn in each resample."""
    at_a_time = max(1, CHUNK // units.count)
    for start in range(0, resamples, at_a_time):
        some = min(at_a_time, resamples - start)
        drawn = generator.integers(0, units.count, size=(some, units.count))
        drawn += np.arange(some)[:, None] * units.count
        yield np.bincount(drawn.ravel(), minlength=some * units.count).reshape(some, units.count).astype(float)


def products(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Return matrix (resamples, units) times vector (units,)."""
    # einsum, not @: its sums do not depend on the number of threads or on what else is multiplied
    return np.einsum("ru,u->r", matrix, vector)


class Estimate(Protocol):
    """One number of the rows: what it is over any resample, and without each unit.

    Called with how often units were drawn (resamples, units) and the rows drawn (resamples,) it gives (resamples,);
    ``without_each(sizes)`` gives (units,).
    """

    def __call__(self, drawn: np.ndarray, rows: np.ndarray) -> np.ndarray: ...

    def without_each(self, sizes: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class _Mean:
    sums: np.ndarray  # (units,)

    def __call__(self, drawn: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return products(drawn, self.sums) / rows

    def without_each(self, sizes: np.ndarray) -> np.ndarray:
        return (self.sums.sum() - self.sums) / (sizes.sum() - sizes)


@dataclass(frozen=True)
class _OfParts:
    aggregate: Aggregate
    sums: np.ndarray  # (units, parts)

    def __call__(self, drawn: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return self.aggregate.value(np.einsum("ru,up->rp", drawn, self.sums), rows)

    def without_each(self, sizes: np.ndarray) -> np.ndarray:
        return self.aggregate.value(self.sums.sum(axis=0) - self.sums, sizes.sum() - sizes)


@dataclass(frozen=True)
class _Difference:
    a: Estimate
    b: Estimate

    def __call__(self, drawn: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return self.b(drawn, rows) - self.a(drawn, rows)

    def without_each(self, sizes: np.ndarray) -> np.ndarray:
        return self.b.without_each(sizes) - self.a.without_each(sizes)


def mean_estimate(values: np.ndarray, units: Units) -> Estimate:
    """Return the mean of a series (rows,): the sum over all rows of the drawn units, divided by their count."""
    return _Mean(units.sums(values))


def aggregate_estimate(aggregate: Aggregate, parts: np.ndarray, units: Units) -> Estimate:
    """Return an aggregate of its parts (rows, parts)."""
    return _OfParts(aggregate, units.part_sums(parts))


def difference_estimate(a: Estimate, b: Estimate) -> Estimate:
    """Return b less a, each of the same resample."""
    return _Difference(a, b)


def resamples_of(
    estimates: Sequence[Estimate], units: Units, generator: np.random.Generator, resamples: int = RESAMPLES
) -> np.ndarray:
    """Return each estimate of each resample (estimates, resamples); all see the same resamples."""
    if units.count < 2:
        raise UserError(
            f"{units.where}: an interval needs at least two {units.word}s to resample, here is {units.count}; "
            "add rows, or leave the split out of the comparison"
        )
    found = np.empty((len(estimates), resamples))
    done = 0
    for drawn in _draws(units, resamples, generator):
        here = slice(done, done := done + len(drawn))
        rows = products(drawn, units.sizes)
        for number, estimate in enumerate(estimates):
            found[number, here] = estimate(drawn, rows)
    return found


def percentiles(found: np.ndarray, tail: float = (1 - LEVEL) / 2) -> list[tuple[float, float]]:
    """Return the percentile interval of each row of ``found`` (estimates, resamples); ``tail``: left out on a side."""
    ends = np.percentile(found, [100 * tail, 100 * (1 - tail)], axis=1).T
    return [(float(low), float(high)) for low, high in ends]


def intervals_of(
    estimates: Sequence[Estimate], units: Units, generator: np.random.Generator, resamples: int = RESAMPLES
) -> list[tuple[float, float]]:
    """Return the 95 % percentile interval of each estimate, all from the same resamples."""
    return percentiles(resamples_of(estimates, units, generator, resamples))
