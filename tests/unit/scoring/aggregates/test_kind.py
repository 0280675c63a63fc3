"""Every aggregate keeps the promise of its kind: what it says of rows follows from the sums of their parts."""

import numpy as np
import pytest

from kotune.core.dotted import loaded
from kotune.scoring.aggregates.kind import Aggregate

NAMES = ["mean.mean", "macro_f1.macro_f1"]
LINES = [
    [{"id": str(n), "metric": "m", "value": float(gold == said), "gold": gold, "said": said}]
    for n, (gold, said) in enumerate(zip("aabbab", "abbaab", strict=True))
]


@pytest.mark.parametrize("name", NAMES)
def test_a_row_that_is_drawn_twice_counts_twice(name):
    aggregate: Aggregate = loaded(f"kotune.scoring.aggregates.{name}")
    parts = aggregate.parts_of(LINES)
    drawn = np.array([2, 0, 1, 3, 0, 0])
    twice = aggregate.parts_of([line for line, times in zip(LINES, drawn, strict=True) for _ in range(times)])
    assert parts.shape[0] == len(LINES)
    weighed = aggregate.value((drawn[:, None] * parts).sum(axis=0)[None], np.array([6.0]))
    assert weighed[0] == pytest.approx(aggregate.value(twice.sum(axis=0)[None], np.array([6.0]))[0])
