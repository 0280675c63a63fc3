"""Permutation tests of a difference over units of rows: an article's whole difference is flipped, or its sides swapped.

Takes arrays; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kotune.scoring import resampling
from kotune.scoring.aggregates.kind import Aggregate
from kotune.scoring.resampling import RESAMPLES, Units, products

EXACT_UP_TO = 14  # units: 2**14 sign patterns are enumerated, more are drawn at random


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
    at_a_time = max(1, resampling.CHUNK // units)
    for start in range(0, resamples, at_a_time):
        some = min(at_a_time, resamples - start)
        yield 1.0 - 2.0 * generator.integers(0, 2, size=(some, units))


def _as_extreme(signs: np.ndarray, sums: np.ndarray) -> int:
    """Count the sign patterns whose total is at least as far from 0 as the observed one, up to rounding."""
    rounding = 1e-12 * float(np.abs(sums).sum())
    return int((np.abs(products(signs, sums)) >= abs(float(sums.sum())) - rounding).sum())


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
