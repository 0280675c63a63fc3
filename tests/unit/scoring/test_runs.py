"""One number of several trainings."""

import numpy as np
import pytest

from kotune.scoring.aggregates.macro_f1 import macro_f1
from kotune.scoring.aggregates.mean import mean
from kotune.scoring.resampling import make_units
from kotune.scoring.runs import differences, single


def classes(said):
    return macro_f1.parts_of(
        [[{"gold": g, "said": s, "id": "x", "metric": "m"}] for g, s in zip("abab", said, strict=True)]
    )


def test_a_base_stands_against_each_run_of_the_other():
    base, tuned = np.zeros(4), [np.full(4, 0.2), np.full(4, 0.6)]
    found = differences(mean, [base], tuned, make_units(4))
    assert list(found.points) == pytest.approx([0.2, 0.6]) and found.point == pytest.approx(0.4)
    assert list(differences(mean, tuned, [base], make_units(4)).points) == pytest.approx([-0.2, -0.6])


def test_trainings_of_one_seed_are_held_against_each_other():
    found = differences(mean, [np.zeros(4), np.full(4, 0.5)], [np.full(4, 0.1), np.full(4, 0.4)], make_units(4))
    assert list(found.points) == pytest.approx([0.1, -0.1])


def test_another_aggregate_than_the_mean_is_taken_of_each_run_and_then_averaged():
    runs = [classes("abab"), classes("aaaa")]
    found = single(macro_f1, runs, make_units(4))
    assert list(found.points) == pytest.approx([1.0, 1 / 3])
    assert found.point == pytest.approx(2 / 3)
    assert differences(macro_f1, [runs[1]], [runs[0]], make_units(4)).point == pytest.approx(2 / 3)
