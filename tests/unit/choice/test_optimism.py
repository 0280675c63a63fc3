"""What choosing costs: known maxima, correlated scores, and the anchors of a public board."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from kotune.choice.optimism import expected_maximum, luck_of_best, optimism, units_needed
from kotune.core.names import ROOT

BOARD = (
    next(
        (
            path
            for path in (ROOT.parent / "shared", ROOT.parents[1] / "shared")
            if (path / "data/logickor-11c3a84/scores.tsv").is_file()
        ),
        Path("shared"),
    )
    / "data/logickor-11c3a84/scores.tsv"
)


@pytest.mark.parametrize(("count", "wanted"), [(1, 0.0), (2, 0.5642), (5, 1.1630), (10, 1.5388)])
def test_the_expected_maximum_of_normals(count, wanted):
    assert expected_maximum(count) == pytest.approx(wanted, abs=1e-4)


def test_the_bound_is_what_resampling_correlated_scores_finds():
    dice = np.random.default_rng(1)
    shared, own = dice.normal(0, 1, (20_000, 1)), dice.normal(0, 1, (20_000, 6))
    errors = 0.7 * shared + 0.5 * own
    assert luck_of_best(6, 2 * 0.25) == pytest.approx(errors.max(axis=1).mean(), abs=0.02)


def test_the_rows_that_a_difference_needs():
    # twice the difference needs a quarter of the units
    assert units_needed(0.02, 100, 0.05) == 126
    assert units_needed(0.02, 100, 0.10) == 32


def test_of_a_ranking_whose_candidates_were_compared():
    ranking = [{"model": m, "arm": "base", "split": "valid", "metric": "f1", "n": 40, "articles": 20} for m in "abc"]
    pairs = [
        {"a": {"model": a, "arm": "base"}, "b": {"model": b, "arm": "base"}, "split": split, "metric": "f1", "se": se}
        for a, b, split, se in (("a", "b", "valid", 0.03), ("b", "c", "valid", 0.05), ("a", "b", "test", 0.9))
    ]
    found = optimism(ranking, pairs)
    assert found["error"] == pytest.approx(((0.03**2 + 0.05**2) / 2) ** 0.5)
    assert found["optimism"] == pytest.approx(0.8463 * found["error"] / 2**0.5, abs=1e-4)
    assert (found["candidates"], found["n"], found["articles"]) == (3, 40, 20)
    assert optimism(ranking, []) is None


@pytest.mark.skipif(not BOARD.is_file(), reason="needs the public board's scores, which may not be kept here")
def test_a_public_boards_luck():
    """65 models, 42 questions: the best of five equal models stands .42 above its true score, of ten .56."""
    scores = defaultdict(lambda: defaultdict(list))
    with BOARD.open(encoding="utf-8") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            scores[line["model"], line["setting"]][line["question"]].append(float(line["score"]))
    settings = {setting for _, setting in scores}
    questions = sorted({question for of in scores.values() for question in of})
    variances = []
    for setting in sorted(settings):
        table = np.array(
            [
                [np.mean(of[question]) for question in questions]
                for (_, of_setting), of in scores.items()
                if of_setting == setting
            ]
        )
        covariance = np.cov(table) / len(questions)
        spread = np.diag(covariance)
        apart = spread[:, None] + spread[None, :] - 2 * covariance
        variances.append(apart[np.triu_indices(len(table), 1)].mean())
    variance = float(np.mean(variances))
    assert len(questions) == 42
    assert luck_of_best(5, variance) == pytest.approx(0.42, abs=0.02)
    assert luck_of_best(10, variance) == pytest.approx(0.56, abs=0.025)
    assert units_needed(variance**0.5, 42, 0.5) == pytest.approx(330, rel=0.1)
