"""Intervals and tests agree with what is known of them."""

import math

import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.scoring import resampling
from kotune.scoring.aggregates.macro_f1 import macro_f1
from kotune.scoring.aggregates.mean import mean
from kotune.scoring.resampling import (
    aggregate_estimate,
    generator_for,
    intervals_of,
    make_units,
    mean_estimate,
)


def interval(values, clusters=None, seed=1, resamples=10_000):
    values = np.asarray(values, dtype=float)
    units = make_units(len(values), clusters)
    return intervals_of([mean_estimate(values, units)], units, generator_for(seed, "test"), resamples)[0]


# bootstrap


def test_interval_of_many_rows_is_the_normal_one():
    values = np.random.default_rng(0).normal(0.6, 0.2, 600)
    low, high = interval(values)
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_interval_of_two_rows_can_be_counted():
    # a resample of {0, 1} has the mean 0, 1/2 or 1, each end with probability 1/4
    assert interval([0.0, 1.0]) == (0.0, 1.0)
    assert interval([0.7, 0.7, 0.7]) == (pytest.approx(0.7), pytest.approx(0.7))


def test_interval_of_whole_articles_covers_the_truth_as_often_as_it_says():
    dice = np.random.default_rng(5)
    covered = narrow = 0
    for number in range(200):
        of_article = dice.normal(0.0, 1.0, 40)
        values = np.repeat(of_article, 3) + dice.normal(0.0, 0.3, 120)
        low, high = interval(values, np.repeat(np.arange(40), 3).astype(str), seed=number, resamples=400)
        covered += low <= 0.0 <= high
        low, high = interval(values, seed=number, resamples=400)
        narrow += low <= 0.0 <= high
    assert 0.90 <= covered / 200 <= 0.99
    assert narrow / 200 < 0.85  # rows taken for independent promise too much


def test_one_row_an_article_is_the_same_as_rows():
    values = np.random.default_rng(2).random(50)
    names = [f"article {number}" for number in range(50)]
    assert interval(values, names) == interval(values)


def test_articles_of_different_size_weigh_as_their_rows():
    # drawing {a, a}: 1, {b, b}: 0, {a, b}: 1/4
    assert interval([1, 0, 0, 0], ["a", "b", "b", "b"]) == (0.0, 1.0)
    values = [1.0] * 10 + [0.0] * 30
    clusters = [f"a{number}" for number in range(10)] + [f"b{number // 3}" for number in range(30)]
    low, high = interval(values, clusters)
    assert low < 0.25 < high


def test_interval_does_not_depend_on_the_memory_at_hand(monkeypatch):
    values = np.random.default_rng(3).random(37)
    whole = interval(values)
    monkeypatch.setattr(resampling, "CHUNK", 1000)
    assert interval(values) == whole


def test_the_seed_decides_and_nothing_else():
    values = np.random.default_rng(4).random(30)
    assert interval(values, seed=1) == interval(values, seed=1)
    assert interval(values, seed=1) != interval(values, seed=2)
    draws = [generator_for(1, *words).random() for words in (("a", "b"), ("ab",), ("b", "a"))]
    assert len(set(draws)) == 3


@pytest.mark.parametrize("values", [[0.5, float("nan"), 0.5], [0.5, float("inf"), 0.5]])
def test_values_that_are_no_numbers_are_refused(values):
    with pytest.raises(UserError, match="a score is missing or NaN"):
        interval(values)


def test_one_article_has_no_interval():
    with pytest.raises(UserError, match="at least two articles to resample, here is 1"):
        interval([0.1, 0.2], ["a", "a"])


# aggregates that are no mean


def of_labels(golds, said):
    return [
        [{"id": str(n), "metric": "m", "value": 0.0, "gold": g, "said": s}]
        for n, (g, s) in enumerate(zip(golds, said, strict=True))
    ]


def test_the_mean_as_an_aggregate_has_the_interval_of_the_mean():
    values = np.random.default_rng(3).random(40)
    lines = [[{"value": float(value)}] for value in values]
    units = make_units(40, [f"a{n // 3}" for n in range(40)])
    estimates = aggregate_estimate(mean, mean.parts_of(lines), units), mean_estimate(values, units)
    found, known = (intervals_of([one], units, generator_for(1, "test"), 500)[0] for one in estimates)
    assert found == pytest.approx(known, rel=1e-12)


def test_macro_f1_of_each_resample_is_that_of_the_rows_drawn():
    dice = np.random.default_rng(4)
    golds, said = dice.choice(["a", "b", "c"], 30), dice.choice(["a", "b", "c", "?"], 30)
    units = make_units(30)
    parts = macro_f1.parts_of(of_labels(golds, said))
    drawn = np.bincount(dice.integers(0, 30, 30), minlength=30).astype(float)
    rows = np.repeat(np.arange(30), drawn.astype(int))
    from sklearn.metrics import f1_score

    wanted = f1_score(
        golds[rows], said[rows], average="macro", labels=sorted(set(golds[rows]) | (set(said[rows]) - {"?"}))
    )
    assert aggregate_estimate(macro_f1, parts, units)(drawn[None], np.array([30.0]))[0] == pytest.approx(wanted)
