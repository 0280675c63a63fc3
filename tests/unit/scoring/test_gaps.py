"""A fall from one split to another: unpaired, over articles, with a margin for "carries over"."""

import numpy as np
import pytest

from kotune.scoring import gaps
from kotune.scoring.aggregates.mean import mean
from kotune.scoring.intervals import Settings
from kotune.scoring.score_columns import Scores


def scores(test, unseen, arms=("base",), runs=1):
    rows = {
        split: [{"id": f"{split}{n}", "article": f"{split}{n}"} for n in range(len(values))]
        for split, values in (("test", test), ("test-unseen", unseen))
    }
    values = {
        ("gemma", arm): {("test", "f1"): [np.array(test)] * runs, ("test-unseen", "f1"): [np.array(unseen)] * runs}
        for arm in arms
    }
    return Scores(rows, {"f1": mean}, values, {one: list(range(runs)) for one in values})


def fall(test, unseen, margin=None, **more):
    asked = Settings(1, 500, "f1", margin)
    return gaps.gaps(scores(test, unseen, **more), [], ["test", "test-unseen"], asked)


def test_the_fall_is_that_of_welchs_test_but_for_its_degrees_of_freedom():
    from scipy.stats import t

    dice = np.random.default_rng(1)
    test, unseen = dice.normal(0.8, 0.1, 30), dice.normal(0.6, 0.2, 12)
    (line,) = fall(test, unseen)
    assert line["difference"] == pytest.approx(test.mean() - unseen.mean())
    half = np.sqrt(t.isf(0.025, 29) ** 2 * test.var(ddof=1) / 30 + t.isf(0.025, 11) ** 2 * unseen.var(ddof=1) / 12)
    assert (line["low"], line["high"]) == pytest.approx((line["difference"] - half, line["difference"] + half))
    assert (line["verdict"], line["articles"], line["against"]) == ("falls", [30, 12], "test")


def test_a_true_fall_of_fifteen_points_hardly_ever_carries_over_at_ten_articles():
    dice, carried, touching = np.random.default_rng(2), 0, 0
    for _ in range(300):
        test, unseen = dice.normal(0.75, 0.22, 10), dice.normal(0.60, 0.22, 10)
        carried += fall(test, unseen, margin=0.05)[0]["verdict"] == "carries over"
        ends = [1.96 * side.std() / np.sqrt(10) for side in (test, unseen)]
        touching += test.mean() - ends[0] <= unseen.mean() + ends[1]
    assert carried / 300 <= 0.03
    assert touching / 300 > 0.5  # what two intervals that touch would have called so


def test_what_carries_over_needs_a_margin():
    values = np.random.default_rng(3).normal(0.7, 0.05, 60)
    assert fall(values, values, margin=0.05)[0]["verdict"] == "carries over"
    assert fall(values, values)[0]["verdict"] == "cannot tell"


def test_scores_without_spread_say_nothing_of_a_margin():
    (line,) = fall(np.ones(10), np.ones(10), margin=0.05)
    assert (line["verdict"], line["p"], line["no_spread"]) == ("cannot tell", 1.0, 10)


def test_what_tuning_added_is_a_claim_of_its_own():
    dice = np.random.default_rng(4)
    both = scores(dice.random(20), dice.random(20), arms=("base", "qlora"))
    pair = {"name": "qlora-vs-base", "claim": "tuning"}
    pair |= {"a": {"model": "gemma", "arm": "base"}, "b": {"model": "gemma", "arm": "qlora"}}
    lines = gaps.gaps(both, [pair], ["test", "test-unseen"], Settings(1, 500, "f1", 0.05))
    assert [line["claim"] for line in lines] == ["new patterns", "new patterns", "gain on new patterns"]
    assert lines[2]["arm"] == "qlora" and lines[2]["difference"] == 0.0 and lines[0]["family"] == 2


def test_from_texts_that_were_trained_on_to_new_ones_is_a_claim_about_texts():
    both = scores([0.5] * 5, [0.5] * 5)
    for (model, arm), values in both.values.items():
        both.values[model, arm] = {
            (split.replace("-unseen", "-seen"), metric): one for (split, metric), one in values.items()
        }
    both.rows["test-seen"] = both.rows.pop("test-unseen")
    lines = gaps.gaps(both, [], ["test-seen", "test"], Settings(1, 500, "f1", None))
    assert [(line["claim"], line["split"], line["against"]) for line in lines] == [("new texts", "test", "test-seen")]


def test_a_study_holds_the_split_nearer_to_what_was_trained_against_the_other():
    assert gaps.gap_of(["valid", "test", "test-unseen"]) == ["test", "test-unseen"]
    assert gaps.gap_of(["valid", "test", "test-seen"]) == ["test-seen", "test"]
    assert gaps.gap_of(["valid", "test"]) == gaps.gap_of(["valid", "test-seen"]) == gaps.gap_of(["test-unseen"]) == []
