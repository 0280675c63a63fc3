"""Answers that turned from right to wrong and from wrong to right."""

import numpy as np

from kotune.scoring.flips import flips_of


def test_both_ways_are_counted_and_add_up():
    found = flips_of([np.array([1.0, 1.0, 0.0, 0.0])], [np.array([1.0, 0.0, 1.0, 1.0])])
    assert found == {"answers": 4, "before": 2, "broken": 1, "mended": 2, "after": 3}


def test_a_base_of_one_run_stands_against_each_seed():
    base = [np.array([1.0, 0.0])]
    found = flips_of(base, [np.array([0.0, 0.0]), np.array([1.0, 1.0])])
    assert found == {"answers": 4, "before": 2, "broken": 1, "mended": 1, "after": 2}
