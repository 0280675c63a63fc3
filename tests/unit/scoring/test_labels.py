"""Agreement of two labellings, and of a rule with labels."""

import pytest

from kotune.scoring.labels import agreement, half_of, measured, share_of


def test_kappa_takes_chance_away():
    # 20 of 25 + 15 of 25 labels: the example of Cohen's kappa with 35 of 50 the same, kappa 0.4
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    found = agreement(first, second)
    assert (found["same"], found["n"]) == (35, 50)
    assert found["kappa"] == pytest.approx(0.4)


def test_one_label_throughout_has_no_kappa():
    assert agreement(["a", "a"], ["a", "a"])["kappa"] is None


def test_precision_is_of_what_is_said_and_recall_of_what_is_labelled():
    found = measured(["a", "a", "b"], ["a", "b", "b"], ("a", "b", "c"))
    assert (found["a"]["precision"]["right"], found["a"]["precision"]["n"]) == (1, 2)
    assert (found["a"]["recall"]["right"], found["a"]["recall"]["n"]) == (1, 1)
    assert found["c"]["precision"]["share"] is None
    assert share_of(3, 3)["high"] == 1.0 > share_of(3, 3)["low"]


def test_a_row_keeps_its_half_whatever_else_there_is():
    halves = [half_of(f"r{number:03d}") for number in range(200)]
    assert 80 < halves.count("written") < 120
    assert halves == [half_of(f"r{number:03d}") for number in range(200)]
