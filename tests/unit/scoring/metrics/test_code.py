"""Metrics of programs: answers are run against their rows' tests."""

import pytest
from code_rows import TASKS, source_of
from isolated import isolated

from kotune.core.errors import UserError
from kotune.rows.prepare import prepare
from kotune.sandbox.running import run_programs
from kotune.sandbox.tester import ERROR, FAILED, NOT_RUN, PASSED
from kotune.sandbox.worker import Program, Verdict
from kotune.scoring.metrics import code
from kotune.scoring.scores import score_rows
from kotune.study import metrics

ROW = {"id": "T/0", "instruction": TASKS[0]["prompt"], "input": "", "output": TASKS[0]["canonical_solution"],
       "entry_point": "twice", "tests": TASKS[0]["test"]}  # fmt: skip


def scored(answers: list[str], names=("pass_at_1",), row=ROW):
    lines = {
        ("test", "T/0", place): {
            "id": "T/0", "split": "test", "number": place, "answer": answer.strip(), "raw": answer, "finish_reason": "stop"
        }
        for place, answer in enumerate(answers)
    }  # fmt: skip
    return score_rows(lines, {"test": [row]}, metrics.asked(names), gold="output")


@isolated
def test_each_answer_gets_its_outcome():
    answers = [
        "    return x * 2\n\nprint(twice(1))",
        "```python\ndef twice(x):\n    return x + x\n```",
        "    return x",
        "두 배입니다.",
        "",
    ]
    found = scored(answers)
    assert [(line["value"], line["outcome"]) for line in found] == [
        (1.0, PASSED), (1.0, PASSED), (0.0, FAILED), (0.0, ERROR), (0.0, FAILED)
    ]  # fmt: skip


def test_equal_programs_are_run_once_whatever_is_asked_of_them(monkeypatch):
    ran = []

    def run(programs):
        ran.extend(programs)
        return [Verdict(PASSED)] * len(programs)

    monkeypatch.setattr(code, "_KNOWN", {})
    monkeypatch.setattr(code, "run_programs", run)
    assert len(scored(["    return 7"] * 5, ("pass_at_1", "pass_at_5"))) == 10
    assert len(ran) == 1


BROKEN = ["    return (x", "    return x\n  return x", "    x ==== 2", "    return '\x00'", "    0777"]


@isolated
def test_what_is_no_python_ends_in_an_error_in_the_sandbox():
    programs = [Program(one, f"def twice(x):\n{one}\n", "twice", "assert twice(1) == 2") for one in BROKEN]
    assert [one.outcome for one in run_programs(programs)] == [ERROR] * len(BROKEN)


def test_what_is_no_python_is_not_run(monkeypatch):
    monkeypatch.setattr(code, "_KNOWN", {})
    monkeypatch.setattr(code, "run_programs", lambda programs: pytest.fail("nothing is to be run"))
    assert [(line["value"], line["outcome"]) for line in scored(BROKEN)] == [(0.0, ERROR)] * len(BROKEN)


def test_what_was_not_run_is_no_wrong_answer(monkeypatch):
    monkeypatch.setattr(code, "_KNOWN", {})
    monkeypatch.setattr(code, "run_programs", lambda programs: [Verdict(NOT_RUN)] * len(programs))
    with pytest.raises(UserError, match="pass_at_1: 1 programs were not run, .* 'T/0'; none counts as wrong"):
        scored(["    return 8"])


def test_a_row_without_tests_is_named():
    with pytest.raises(UserError, match="the row 'T/0' has no tests"):
        scored(["    return 8"], row={**ROW, "tests": None})


@isolated
def test_the_rows_own_solutions_pass(tmp_path):
    rows = prepare(source_of(tmp_path))[0]["test"].to_dicts()
    lines = [{"id": row["id"], "split": "test", "answer": row["output"].strip(), "raw": row["output"]} for row in rows]
    answers = {("test", line["id"], 0): line for line in lines}
    found = score_rows(answers, {"test": rows}, metrics.asked(["pass_at_1"]), gold="output")
    assert [line["value"] for line in found] == [1.0] * 3
