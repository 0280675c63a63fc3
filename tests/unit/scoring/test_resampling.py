"""Intervals and tests agree with what is known of them."""

import math

import numpy as np
import pytest
from sign_patterns import brute_force

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
    sign_flip_tests,
    swap_tests,
)


def interval(values, clusters=None, seed=1, resamples=10_000):
    values = np.asarray(values, dtype=float)
    units = make_units(len(values), clusters)
    return intervals_of([mean_estimate(values, units)], units, generator_for(seed, "test"), resamples)[0]


def p_value(differences, clusters=None, seed=1, resamples=10_000):
    differences = np.asarray(differences, dtype=float)
    units = make_units(len(differences), clusters)
    return sign_flip_tests([differences], units, generator_for(seed, "test"), resamples)[0]


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
    assert p_value(values - 0.4, names)[0] == p_value(values - 0.4)[0]


def test_articles_of_different_size_weigh_as_their_rows():
    # drawing {a, a}: 1, {b, b}: 0, {a, b}: 1/4
    assert interval([1, 0, 0, 0], ["a", "b", "b", "b"]) == (0.0, 1.0)
    values = [1.0] * 10 + [0.0] * 30
    clusters = [f"a{number}" for number in range(10)] + [f"b{number // 3}" for number in range(30)]
    low, high = interval(values, clusters)
    assert low < 0.25 < high


def test_interval_does_not_depend_on_the_memory_at_hand(monkeypatch):
    values = np.random.default_rng(3).random(37)
    whole = interval(values), p_value(values - 0.5)
    monkeypatch.setattr(resampling, "_CHUNK", 1000)
    assert (interval(values), p_value(values - 0.5)) == whole


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
    with pytest.raises(UserError, match="a score is missing or NaN"):
        p_value(values)


def test_one_article_has_no_interval():
    with pytest.raises(UserError, match="at least two articles to resample, here is 1"):
        interval([0.1, 0.2], ["a", "a"])


# permutation


def test_exact_p_of_small_cases():
    assert p_value([1, 1, 1, 1]) == (2 / 16, "sign-flip permutation over rows (exact, 2^4 patterns)")
    assert p_value([3, -1, 2])[0] == brute_force([3, -1, 2]) == 4 / 8
    assert p_value([0.1, 0.2, -0.3])[0] == 1.0
    differences = np.random.default_rng(6).normal(0.5, 1.0, 12)
    assert p_value(differences)[0] == brute_force(differences)


def test_articles_flip_as_a_whole():
    p, test = p_value([1, 1, 2, -1, 0.5], ["a", "a", "b", "b", "c"])
    assert p == brute_force([2, 1, 0.5])
    assert test == "sign-flip permutation over articles (exact, 2^3 patterns)"


def test_rows_without_a_difference_neither_help_nor_hurt():
    assert p_value([0] * 100 + [1, 1, 1, 1, 1])[0] == 2 / 32
    assert p_value([0.0] * 20)[0] == 1.0


def test_many_articles_are_sampled_and_p_is_never_zero():
    p, test = p_value(np.ones(40))
    assert p == 1 / 10_001
    assert test == "sign-flip permutation over rows (10000 random patterns)"
    differences = np.random.default_rng(8).normal(0.35, 1.0, 16)
    sampled = p_value(differences)[0]
    exact = brute_force(differences)
    assert sampled == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 10_000) + 1e-4)


def test_no_difference_gives_every_p_alike():
    dice = np.random.default_rng(9)
    values = [p_value(dice.normal(0.0, 1.0, 10))[0] for _ in range(300)]
    assert sum(p <= 0.05 for p in values) / 300 < 0.09
    assert np.mean(values) == pytest.approx(0.5, abs=0.06)


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


def test_a_swap_test_of_means_is_the_sign_flip_test():
    dice = np.random.default_rng(5)
    for count in (8, 40):
        a, b = dice.integers(0, 2, (2, count)).astype(float)
        units = make_units(count)
        flipped = sign_flip_tests([b - a], units, generator_for(1, "test"), 2000)[0]
        swapped = swap_tests([(mean, a[:, None], b[:, None])], units, generator_for(1, "test"), 2000)[0]
        assert swapped[0] == flipped[0]
        assert swapped[1] == flipped[1].replace("sign-flip", "swap")


def test_two_that_said_the_same_do_not_differ():
    parts = macro_f1.parts_of(of_labels("aabb", "abab"))
    assert swap_tests([(macro_f1, parts, parts)], make_units(4), generator_for(1, "test"), 100)[0][0] == 1.0
