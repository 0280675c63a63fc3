"""Several trainings: intervals that cover what they promise, and p by the same model."""

import numpy as np
import pytest
from scipy import stats

from kotune.scoring import seeds
from kotune.scoring.aggregates.macro_f1 import macro_f1
from kotune.scoring.resampling import aggregate_estimate, make_units, mean_estimate


def test_one_part_alone_is_students_t():
    values = np.array([0.1, 0.3, 0.2, 0.5])
    part = seeds.seeds_part(values)
    wanted = stats.ttest_1samp(values, 0.0)
    assert seeds.p_of(values.mean(), [part, (0.0, 30)]) == pytest.approx(wanted.pvalue)
    low, high = wanted.confidence_interval(0.95)
    assert seeds.half_width([part]) == pytest.approx((high - low) / 2)


def test_p_is_the_level_at_which_the_interval_ends_at_0():
    parts = [(0.02, 2), (0.01, 40)]
    p = seeds.p_of(0.4, parts)
    assert seeds.half_width(parts, 1 - p) == pytest.approx(0.4)
    assert seeds.p_of(0.0, parts) == 1.0 and seeds.p_of(-0.4, parts) == pytest.approx(p)


def test_the_articles_part_of_a_mean_is_the_variance_of_its_articles():
    values = np.random.default_rng(1).random(30)
    units = make_units(30)
    part, freedom = seeds.articles_part([mean_estimate(values, units)], units)
    assert part == pytest.approx(values.var(ddof=1) / 30) and freedom == 29


def test_the_articles_part_of_another_aggregate_leaves_each_article_out():
    dice = np.random.default_rng(2)
    golds, said = dice.choice(["a", "b"], (2, 12))
    lines = [[{"gold": g, "said": s, "id": "x", "metric": "m"}] for g, s in zip(golds, said, strict=True)]
    parts, units = macro_f1.parts_of(lines), make_units(12, [f"a{n // 2}" for n in range(12)])
    without = [
        float(macro_f1.value(np.delete(parts, [2 * n, 2 * n + 1], axis=0).sum(axis=0)[None], np.array([10]))[0])
        for n in range(6)
    ]
    wanted = 5 / 6 * ((np.array(without) - np.mean(without)) ** 2).sum()
    assert seeds.articles_part([aggregate_estimate(macro_f1, parts, units)], units)[0] == pytest.approx(wanted)


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_interval_covers_the_truth_at_least_as_often_as_it_says(count, share):
    dice, units, covered = np.random.default_rng(count), make_units(20), 0
    for _ in range(300):
        of_seeds = dice.normal(0, share**0.5, count)
        of_articles = dice.normal(0, (1 - share) ** 0.5 + 0.3, 20)
        runs = of_seeds[:, None] + of_articles + dice.normal(0, 0.5, (count, 20))
        parts = [
            seeds.seeds_part(runs.mean(axis=1)),
            seeds.articles_part([mean_estimate(run, units) for run in runs], units),
        ]
        covered += abs(runs.mean()) <= seeds.half_width(parts)
    assert covered / 300 >= 0.93


def test_the_two_way_bootstrap_of_many_seeds_covers_the_truth():
    dice, covered, rejected = np.random.default_rng(7), 0, 0
    tail = seeds.expanded_tail(10)
    for number in range(300):
        points = dice.normal(0, 1, 10)
        drawn = np.repeat(points[:, None], 800, axis=1)
        found = seeds.two_way(drawn, np.random.default_rng(number))
        low, high = np.percentile(found, [100 * tail, 100 * (1 - tail)])
        covered += low <= 0 <= high
        rejected += seeds.bootstrap_p(points.mean(), found, 10) < 0.05
    assert covered / 300 >= 0.91 and rejected / 300 <= 0.08
