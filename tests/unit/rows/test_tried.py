"""Tests of rows are tried before anybody is scored by them."""

import json
from collections import Counter

import pytest
from code_rows import TASKS, source_of
from isolated import isolated

from kotune.core.errors import UserError
from kotune.core.names import ROOT, TEST, TRAIN
from kotune.rows import tried
from kotune.rows.prepare import prepare
from kotune.sandbox import isolation, running
from kotune.sandbox.tester import NOT_RUN
from kotune.sandbox.worker import Verdict

KOREAN = ROOT.parent / "shared/data/kr-humaneval/KR_HumanEval.v1.jsonl"


@isolated
def test_a_row_whose_tests_say_nothing_is_left_out_and_listed(tmp_path):
    bare = {**TASKS[0], "task_id": "T/5", "prompt": "def bare(x):\n", "entry_point": "bare", "test": " "}
    endless = {
        **TASKS[4],
        "task_id": "T/6",
        "prompt": "def ones():\n",
        "entry_point": "ones",
        "test": "while True: pass",
    }
    splits, audit = prepare(source_of(tmp_path, [*TASKS, bare, endless]))
    rows = {row["id"]: row for row in splits[TEST].to_dicts()}
    assert {name: row["examples"] for name, row in rows.items()} == {"T/0": "right", "T/1": "wrong", "T/4": "none"}
    assert {reason: one["ids"] for reason, one in audit["excluded"].items()} == {
        tried.UNTESTED: ["T/5"],
        tried.UNSOLVED: ["T/2", "T/6"],
        tried.UNTELLING: ["T/3"],
    }
    assert any("examples that their own solution does not give: 1 (T/1)" in note for note in audit["notes"])
    assert rows["T/1"]["instruction"].endswith("\n") and rows["T/1"]["entry_point"] == "double"


@isolated
def test_rows_to_learn_from_need_no_tests(tmp_path):
    rows = [{"id": "a", "instruction": "1을 돌려주는 함수 one을 써라.", "output": "def one():\n    return 1\n"}]
    splits, audit = prepare(source_of(tmp_path, rows, TRAIN))
    assert splits[TRAIN]["tests"].to_list() == [None] and audit["excluded"] == {}


def test_what_could_not_be_tried_is_not_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(tried, "run_programs", lambda programs: [Verdict(NOT_RUN, "no memory")] * len(programs))
    with pytest.raises(UserError, match="tests of the row 'T/0' could not be tried"):
        prepare(source_of(tmp_path))


def test_without_isolation_no_row_is_tried(tmp_path, monkeypatch):
    monkeypatch.setattr(isolation, "found", lambda: None)
    running.refusal.cache_clear()
    try:
        with pytest.raises(UserError, match="bubblewrap, which is not here"):
            prepare(source_of(tmp_path))
    finally:
        running.refusal.cache_clear()


@isolated
@pytest.mark.skipif(not KOREAN.is_file(), reason="KR-HumanEval is not here")
def test_korean_humaneval_is_read_whole_and_its_wrong_examples_are_marked(tmp_path):
    rows = made_of(KOREAN, tmp_path)
    assert len(rows) == 164 == len(json.loads(f"[{','.join(KOREAN.read_text().splitlines())}]"))
    assert Counter(row["examples"] for row in rows) == {"none": 88, "right": 57, "wrong": 19}
    english = wrong_of(made_of(KOREAN.parent / "HumanEval.jsonl", tmp_path))
    assert sorted(wrong_of(rows) - english, key=int) == ["1", "17", "29", "42", "49", "53", "54", "61", "91"]


def made_of(file, folder):
    """Return the rows of a file in HumanEval's layout."""
    rows, _ = prepare({**source_of(folder), "files": {TEST: str(file)}})
    return rows[TEST].to_dicts()


def wrong_of(rows):
    """Return the numbers of the tasks whose examples their own solutions fail."""
    return {row["id"].rpartition("/")[2] for row in rows if row["examples"] == "wrong"}
