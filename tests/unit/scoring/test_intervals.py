"""Intervals, and what stands where no spread was seen."""

import numpy as np
import pytest

from kotune.scoring.aggregates.mean import mean
from kotune.scoring.intervals import Settings, intervals_on, wilson
from kotune.scoring.resampling import make_units
from kotune.scoring.runs import differences, single

FACTS = {
    "exact_match": {"bounds": [0.0, 1.0], "binary": True},
    "char_f1": {"bounds": [0.0, 1.0], "binary": False},
    "characters": {"bounds": [0.0, None], "binary": False},
}
ASKED = Settings(1, 500, facts=FACTS)


def interval(metric, *runs):
    units = make_units(20)
    return intervals_on([single(mean, runs, units)], [metric], units, "test", ASKED)[0]


def test_wilson_by_hand():
    assert wilson(0.0, 29) == (0.0, pytest.approx(1.96**2 / (29 + 1.96**2), abs=1e-4))
    assert wilson(1.0, 29)[1] == 1.0
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_a_share_without_spread_has_wilsons_interval_over_articles():
    found = interval("exact_match", np.zeros(20))
    assert (found["low"], found["high"], found["interval"]) == (0.0, wilson(0.0, 20)[1], "wilson")
    assert interval("exact_match", np.ones(20))["low"] == wilson(1.0, 20)[0]


def test_another_number_without_spread_says_so():
    assert interval("char_f1", np.zeros(20))["no_spread"] == 20
    assert interval("char_f1", np.full(20, 0.7))["no_spread"] == 20
    units = make_units(20)
    pair = differences(mean, [np.zeros(20)], [np.zeros(20)], units)
    (found,) = intervals_on([pair], ["exact_match"], units, "test", ASKED, paired=True)
    assert found["no_spread"] == 20 and "interval" not in found
    assert found["unseen"] == pytest.approx([-wilson(0.0, 20)[1], wilson(0.0, 20)[1]])
    assert interval("characters", np.full(20, 3.0))["no_spread"] == 20


def test_an_interval_of_few_seeds_stays_where_the_metric_can_be():
    dice = np.random.default_rng(1)
    found = interval("char_f1", dice.random(20) * 0.3 + 0.7, dice.random(20) * 0.2)
    assert (found["low"], found["high"]) == (0.0, 1.0)
    found = interval("characters", dice.random(20) * 90, dice.random(20))
    assert found["low"] == 0.0 and found["high"] > 90


def test_a_wide_interval_is_that_of_the_resamples():
    found = interval("char_f1", np.random.default_rng(2).random(20))
    assert 0 < found["low"] < found["high"] < 1 and "no_spread" not in found
    assert found["se"] == pytest.approx((found["high"] - found["low"]) / 3.92, rel=0.15)
