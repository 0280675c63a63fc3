"""The permutation tests agree with what is known of them."""

import math

import numpy as np
import pytest
from sign_patterns import brute_force

from kotune.core.errors import UserError
from kotune.scoring import resampling
from kotune.scoring.aggregates.macro_f1 import macro_f1
from kotune.scoring.aggregates.mean import mean
from kotune.scoring.permutation import sign_flip_tests, swap_tests
from kotune.scoring.resampling import generator_for, make_units


def p_value(differences, clusters=None, seed=1, resamples=10_000):
    differences = np.asarray(differences, dtype=float)
    units = make_units(len(differences), clusters)
    return sign_flip_tests([differences], units, generator_for(seed, "test"), resamples)[0]


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


def test_p_does_not_depend_on_the_memory_at_hand_nor_on_one_row_being_an_article(monkeypatch):
    values = np.random.default_rng(2).random(50) - 0.4
    whole = p_value(values)
    assert p_value(values, [f"article {number}" for number in range(50)])[0] == whole[0]
    monkeypatch.setattr(resampling, "CHUNK", 1000)
    assert p_value(values) == whole


def test_differences_that_are_no_numbers_are_refused():
    with pytest.raises(UserError, match="a score is missing or NaN"):
        p_value([0.5, float("nan"), 0.5])


def of_labels(golds, said):
    return [
        [{"id": str(n), "metric": "m", "value": 0.0, "gold": g, "said": s}]
        for n, (g, s) in enumerate(zip(golds, said, strict=True))
    ]


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
