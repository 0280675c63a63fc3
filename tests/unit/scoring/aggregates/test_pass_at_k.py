"""pass@k is the chance that one of k answers, drawn from those that there are, passes."""

from itertools import combinations

import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.scoring.aggregates.pass_at_k import estimate, of, pass_at_5


@pytest.mark.parametrize("passed", range(8))
@pytest.mark.parametrize("k", [1, 2, 5, 7])
def test_it_is_the_share_of_draws_that_hold_one_that_passes(passed, k):
    draws = list(combinations([True] * passed + [False] * (7 - passed), k))
    assert estimate(7, passed, k) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_rows_count_alike():
    lines = [[{"value": float(one)} for one in row] for row in ([1, 0], [0, 0], [1, 1])]
    aggregate = of(1)
    parts = aggregate.parts_of(lines)
    assert parts[:, 0].tolist() == [0.5, 0.0, 1.0]
    assert aggregate.value(parts.sum(axis=0)[None], np.array([3]))[0] == pytest.approx(0.5)


def test_more_draws_than_answers_are_refused():
    with pytest.raises(UserError, match="pass@5 needs at least 5 answers to each row, and there are 1"):
        pass_at_5.parts_of([[{"value": 1.0}]])
