"""Rewards: what a metric says of an answer; what nobody knows is no reward of 0, and what is no number is refused."""

import pytest

from kotune.core.errors import UserError
from kotune.sandbox.tester import NOT_RUN
from kotune.sandbox.worker import Verdict
from kotune.scoring.metrics import code, text
from kotune.training import rewards

ROWS = [
    {
        "id": "a", "instruction": 'def twice(x):\n    """두 배."""\n', "input": None, "output": "    return 2 * x",
        "tests": "assert twice(2) == 4", "entry_point": "twice", "article": "a",
    }
]  # fmt: skip
PASSING = {"name": "pass_at_1", "function": "kotune.scoring.metrics.code.passes", "gold": "output"}


def line(answer, row="a at step 1", number=0):
    return {"id": row, "split": "test", "answer": answer, "raw": f"    {answer}", "number": number}


@pytest.fixture
def verdicts(monkeypatch):
    """Say what becomes of programs, without running any; those whose source holds `never` are not run."""
    monkeypatch.setattr(code, "_KNOWN", {})

    def run(programs):
        return [
            Verdict(NOT_RUN if "never" in one.source else "passed" if "2 *" in one.source else "failed")
            for one in programs
        ]

    monkeypatch.setattr(code, "run_programs", run)


def test_a_metric_is_a_reward():
    lengths = rewards.Rewards(
        {"name": "answer_chars", "function": "kotune.scoring.metrics.text.answer_chars", "gold": "output"}
    )
    assert lengths.of([line("abc"), line("")], ROWS * 2) == [3.0, 0.0]
    exact = rewards.Rewards(
        {"name": "exact_match", "function": "kotune.scoring.metrics.text.exact_match", "gold": "output"}
    )
    assert exact.of([line("return 2 * x"), line("x")], ROWS * 2) == [1.0, 0.0]


def test_what_was_not_run_has_no_reward_and_is_counted(verdicts):
    passing = rewards.Rewards(PASSING)
    assert passing.of([line("return 2 * x"), line("return never"), line("return x")], ROWS * 3) == [1.0, None, 0.0]
    assert passing.state() == {"outcomes": {"failed": 1, NOT_RUN: 1, "passed": 1}, "missed": 0}


def test_several_that_were_not_run_in_a_row_end_the_job_even_over_steps(verdicts):
    passing = rewards.Rewards(PASSING)
    for _ in range(2):
        passing.of([line("return never"), line("never()")], ROWS * 2)
    again = rewards.Rewards(PASSING)
    again.restore(passing.state())
    with pytest.raises(UserError, match="5 answers in a row could not be judged, the last to the row 'a at step 1'"):
        again.of([line("return never")], ROWS)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1", True])
def test_a_reward_that_is_no_number_is_refused_with_row_and_value(monkeypatch, value):
    monkeypatch.setattr(text, "exact_match", lambda lines, rows, given: [value])
    exact = rewards.Rewards(
        {"name": "exact_match", "function": "kotune.scoring.metrics.text.exact_match", "gold": "output"}
    )
    with pytest.raises(
        UserError, match=rf"'exact_match' of an answer to the row 'a at step 1' is {value!r}, which is no"
    ):
        exact.of([line("x")], ROWS)
