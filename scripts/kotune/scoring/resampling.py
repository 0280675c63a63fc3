"""Resampling: the interval of a mean or of another aggregate, and the test of a difference, over units of rows.

The unit is the article, because questions of one article are not independent: each bootstrap resample draws whole
articles with replacement, and the permutation tests flip an article's whole difference, or swap its two contenders.
Without articles the row is the unit. Takes arrays; reads and writes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kotune.core.errors import UserError
from kotune.scoring.aggregates.kind import Aggregate

RESAMPLES = 10_000
LEVEL = 0.95
EXACT_UP_TO = 14  # units: 2**14 sign patterns are enumerated, more are drawn at random
_CHUNK = 2**20  # numbers held at a time, so that memory does not grow with the rows


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
    at_a_time = max(1, _CHUNK // units.count)
    for start in range(0, resamples, at_a_time):
        some = min(at_a_time, resamples - start)
        drawn = generator.integers(0, units.count, size=(some, units.count))
        drawn += np.arange(some)[:, None] * units.count
        yield np.bincount(drawn.ravel(), minlength=some * units.count).reshape(some, units.count).astype(float)


def _products(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    # einsum, not @: its sums do not depend on the number of threads or on what else is multiplied
    return np.einsum("ru,u->r", matrix, vector)


Estimate = Callable[[np.ndarray, np.ndarray], np.ndarray]  # how often units were drawn, rows drawn → (resamples,)


def mean_estimate(values: np.ndarray, units: Units) -> Estimate:
    """Return the mean of a series (rows,): the sum over all rows of the drawn units, divided by their count."""
    sums = units.sums(values)
    return lambda drawn, rows: _products(drawn, sums) / rows


def aggregate_estimate(aggregate: Aggregate, parts: np.ndarray, units: Units) -> Estimate:
    """Return an aggregate of its parts (rows, parts)."""
    sums = units.part_sums(parts)
    return lambda drawn, rows: aggregate.value(np.einsum("ru,up->rp", drawn, sums), rows)


def difference_estimate(a: Estimate, b: Estimate) -> Estimate:
    """Return b less a, each of the same resample."""
    return lambda drawn, rows: b(drawn, rows) - a(drawn, rows)


def intervals_of(
    estimates: Sequence[Estimate], units: Units, generator: np.random.Generator, resamples: int = RESAMPLES
) -> list[tuple[float, float]]:
    """Return the 95 % percentile interval of each estimate, all from the same resamples."""
    if units.count < 2:
        raise UserError(
            f"{units.where}: an interval needs at least two {units.word}s to resample, here is {units.count}; "
            "add rows, or leave the split out of the comparison"
        )
    found = np.empty((len(estimates), resamples))
    done = 0
    for drawn in _draws(units, resamples, generator):
        here = slice(done, done := done + len(drawn))
        rows = _products(drawn, units.sizes)
        for number, estimate in enumerate(estimates):
            found[number, here] = estimate(drawn, rows)
    tail = 100 * (1 - LEVEL) / 2
    return [(float(low), float(high)) for low, high in np.percentile(found, [tail, 100 - tail], axis=1).T]


def _sign_patterns(count: int) -> np.ndarray:
    """Return all 2**count patterns of signs (patterns, count)."""
    bits = np.arange(2**count)[:, None] >> np.arange(count)[None, :] & 1
    return 1.0 - 2.0 * bits


def sign_flip_tests(
    differences: Sequence[np.ndarray], units: Units, generator: np.random.Generator, resamples: int = RESAMPLES
) -> list[tuple[float, str]]:
    """Return for each series of paired differences (rows,) the two-sided p of "no difference", and the test's name.

    Under that hypothesis a unit's difference is as likely to have the other sign. Units without a difference have no
    sign to flip; when at most 14 are left, all sign patterns are enumerated, else ``resamples`` patterns are drawn and
    p is (1 + as extreme) / (1 + drawn).
    """
    sums = [units.sums(values) for values in differences]
    extreme = [0] * len(sums)
    names = [""] * len(sums)
    sampled = []
    for number, of_series in enumerate(sums):
        moving = of_series[of_series != 0.0]
        if len(moving) > EXACT_UP_TO:
            sampled.append(number)
            names[number] = f"sign-flip permutation over {units.word}s ({resamples} random patterns)"
        else:
            extreme[number] = _as_extreme(_sign_patterns(len(moving)), moving)
            names[number] = f"sign-flip permutation over {units.word}s (exact, 2^{len(moving)} patterns)"
    for signs in _random_signs(units.count, resamples, generator) if sampled else ():
        for number in sampled:
            extreme[number] += _as_extreme(signs, sums[number])
    values = []
    for number, of_series in enumerate(sums):
        exact = 2 ** int((of_series != 0.0).sum())
        values.append((1 + extreme[number]) / (1 + resamples) if number in sampled else extreme[number] / exact)
    return list(zip(values, names, strict=True))


def _random_signs(units: int, resamples: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    at_a_time = max(1, _CHUNK // units)
    for start in range(0, resamples, at_a_time):
        some = min(at_a_time, resamples - start)
        yield 1.0 - 2.0 * generator.integers(0, 2, size=(some, units))


def _as_extreme(signs: np.ndarray, sums: np.ndarray) -> int:
    """Count the sign patterns whose total is at least as far from 0 as the observed one, up to rounding."""
    rounding = 1e-12 * float(np.abs(sums).sum())
    return int((np.abs(_products(signs, sums)) >= abs(float(sums.sum())) - rounding).sum())


@dataclass(frozen=True)
class _Swap:
    """A pair whose units' parts may be swapped: the sums of both, and half of what each moving unit adds to b."""

    aggregate: Aggregate
    both: np.ndarray  # (parts,)
    half: np.ndarray  # (units, parts)
    rows: np.ndarray  # (1,)

    @property
    def moving(self) -> np.ndarray:
        return (self.half != 0.0).any(axis=1)

    @property
    def exact(self) -> bool:
        return int(self.moving.sum()) <= EXACT_UP_TO

    def differences(self, signs: np.ndarray, half: np.ndarray) -> np.ndarray:
        """Return b less a under each pattern of signs (patterns, units)."""
        shift = np.einsum("su,up->sp", signs, half)
        value = self.aggregate.value
        return value(self.both + shift, self.rows) - value(self.both - shift, self.rows)

    def as_extreme(self, signs: np.ndarray, half: np.ndarray) -> int:
        seen = abs(float(self.differences(np.ones((1, len(half))), half)[0]))
        return int((np.abs(self.differences(signs, half)) >= seen - 1e-12).sum())


def swap_tests(
    pairs: Sequence[tuple[Aggregate, np.ndarray, np.ndarray]],
    units: Units,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> list[tuple[float, str]]:
    """Return for each (aggregate, parts of a, parts of b) the two-sided p of "no difference", and the test's name.

    Under that hypothesis a unit's rows are as likely to have come from the other contender: what is swapped is all that
    a unit gives to the two sums. Exact and random patterns as in `sign_flip_tests`.
    """
    swaps = []
    for aggregate, a, b in pairs:
        sums_a, sums_b = units.part_sums(a), units.part_sums(b)
        both = (sums_a + sums_b).sum(axis=0) / 2
        swaps.append(_Swap(aggregate, both, (sums_b - sums_a) / 2, np.array([units.sizes.sum()])))
    extreme = [0] * len(swaps)
    sampled = [number for number, swap in enumerate(swaps) if not swap.exact]
    for signs in _random_signs(units.count, resamples, generator) if sampled else ():
        for number in sampled:
            extreme[number] += swaps[number].as_extreme(signs, swaps[number].half)
    found = []
    for number, swap in enumerate(swaps):
        if not swap.exact:
            name = f"swap permutation over {units.word}s ({resamples} random patterns)"
            found.append(((1 + extreme[number]) / (1 + resamples), name))
            continue
        moving = int(swap.moving.sum())
        p = swap.as_extreme(_sign_patterns(moving), swap.half[swap.moving]) / 2**moving
        found.append((p, f"swap permutation over {units.word}s (exact, 2^{moving} patterns)"))
    return found
