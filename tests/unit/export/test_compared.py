"""Answers of an export beside its arm's: agreement, score, noise, limit."""

import pytest
from taken_home import METRIC

from kotune.export.compared import compared

ASKED = {"metric": METRIC, "gold": "answer"}


def lines(texts, ended="stop"):
    return {
        ("valid", str(place), 0): {"id": str(place), "split": "valid", "answer": text, "finish_reason": ended}
        for place, text in enumerate(texts)
    }


def rows(count, article=None):
    return [{"id": str(place), "answer": "예", "article": article or str(place)} for place in range(count)]


def test_equal_answers_lose_nothing():
    found = compared(lines(["예"] * 6), lines(["예"] * 6), rows(6), "valid", ASKED)
    assert found["agreement"] == 1 and not found["loses"]
    assert found["score"] == {"metric": "exact_match", "before": 1, "after": 1, "difference": 0, "low": 0, "high": 0}


def test_one_answer_of_many_that_falls_is_noise():
    found = compared(lines(["예"] * 40), lines(["예"] * 39 + ["아니"]), rows(40), "valid", ASKED)
    assert found["agreement"] == 39 / 40 and found["score"]["high"] == 0 and not found["loses"]


def test_half_of_the_answers_that_fall_are_no_noise():
    found = compared(lines(["예"] * 40), lines(["예", "아니"] * 20), rows(40), "valid", ASKED)
    assert found["loses"] and found["score"]["difference"] == -0.5 and found["score"]["low"] < -0.5


def test_other_answers_of_the_same_score_agree_less_and_lose_nothing():
    found = compared(lines(["예", "아니"] * 5), lines(["아니", "예"] * 5), rows(10), "valid", ASKED)
    assert found["agreement"] == 0 and found["score"]["difference"] == 0 and not found["loses"]


def test_answers_that_run_into_the_limit_are_counted_on_both_sides():
    found = compared(lines(["예"] * 4), lines(["예"] * 4, "length"), rows(4), "valid", ASKED)
    assert found["limit"] == {"before": 0, "after": 1}


def test_of_one_article_no_interval_is_drawn_and_a_fall_counts():
    found = compared(lines(["예"] * 4), lines(["예"] * 3 + ["아니"]), rows(4, "a"), "valid", ASKED)
    assert found["score"]["low"] is None and found["loses"]
    assert found["score"]["difference"] == pytest.approx(-0.25)
