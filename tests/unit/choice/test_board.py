"""What a board tells, on boards whose truth is known; the kept one is checked in tests/unit/report/test_boards.py."""

import numpy as np
import pytest

from kotune.choice.board import may_be_best, summary
from kotune.choice.board_files import Board, Judged
from kotune.core.errors import UserError


def board(of_settings, characters=9):
    """Return a board of scores {setting: (models, questions, turns)}."""
    turns = {
        (f"m{place}", setting): [[Judged(score, False, characters, 1) for score in of] for of in one]
        for setting, scores in of_settings.items()
        for place, one in enumerate(scores.tolist())
    }
    first = next(iter(of_settings.values()))
    return Board(tuple(map(str, range(first.shape[1]))), first.shape[2], turns)


@pytest.fixture(scope="module")
def dice():
    return np.random.default_rng(3)


def test_models_that_are_equally_good_may_all_be_the_best_and_one_far_behind_may_not(dice):
    scores = 6 + dice.normal(0, 2, (6, 40, 2))
    scores[5] -= 4
    found = summary(board({"default": scores}), resamples=1000)
    assert [one["may_be_best"] for one in found["models"]] == [True] * 5 + [False]
    assert found["models"][5]["model"] == "m5" and found["models"][5]["rank_low"] == 6
    assert found["neighbours"] == {"pairs": 5, "differ": 1}


def test_the_best_one_is_among_those_marked_in_95_of_100_boards(dice):
    truth, kept = np.array([0.3, 0.0, 0.0, 0.0, 0.0]), 0
    for _ in range(100):
        values = truth[:, None] + dice.normal(0, 1, (5, 40))
        weights = dice.multinomial(40, np.full(40, 1 / 40), 400) / 40
        kept += may_be_best(values.mean(axis=1), weights @ values.T)[0]
    assert kept >= 90


def test_a_board_tells_a_difference_that_its_questions_can_show(dice):
    scores = 6 + dice.normal(0, 1, (4, 50, 1))
    pairs = summary(board({"default": scores}), resamples=200)["pairs"]
    assert pairs["detectable"] == pytest.approx(2.8016 * np.sqrt(2 / 50), rel=0.15)
    assert pairs["questions_needed"]["0.1"] == pytest.approx(2.8016**2 * 2 / 0.01, rel=0.3)
    assert abs(pairs["pairing_saves"]) < 0.3


def test_two_turns_that_say_the_same_are_worth_one(dice):
    of_questions = dice.normal(0, 1, (3, 30, 1))
    same = summary(board({"default": np.repeat(of_questions, 2, axis=2)}), resamples=100)
    apart = summary(board({"default": dice.normal(0, 1, (3, 30, 2))}), resamples=100)
    assert same["turns_worth"] == pytest.approx(30) and apart["turns_worth"] > 45


def test_the_best_of_several_settings_stands_above_the_one_that_is_ranked(dice):
    scores = {name: dice.normal(0, 1, (8, 30, 1)) for name in ("1-shot", "default")}
    found = summary(board(scores), resamples=100)
    assert found["setting"] == "default" and found["settings"]["best_above"] > 0
    with pytest.raises(UserError, match="no setting 'defualt'; did you mean 'default'"):
        summary(board(scores), "defualt")


def test_equal_models_are_never_told_apart_and_one_alone_is_the_best(dice):
    scores = np.repeat(dice.normal(0, 1, (1, 20, 1)), 3, axis=0)
    found = summary(board({"default": scores}, characters=0), resamples=100)
    assert all(one["may_be_best"] for one in found["models"]) and found["neighbours"]["differ"] == 0
    assert found["faults"]["empty"] == 60
    alone = summary(board({"default": scores[:1]}), resamples=100)
    assert alone["pairs"] is None and alone["models"][0]["may_be_best"]
