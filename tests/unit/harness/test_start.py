"""What is said and refused of a benchmark before anything runs."""

import sys

import pytest
import toy_kobest
from huggingface_hub import constants

from kotune.core.errors import UserError
from kotune.harness.start import notes

pytest.importorskip("lm_eval")
WHERE = "config/evaluations/more.yaml, harness.tasks"
ROW = {"question": "?", "answer": 1, "A": "가", "B": "나", "C": "다", "D": "라"}


def test_kobest_s_own_tasks_need_no_words(toy):
    assert notes(toy_kobest.TASKS, None, {"folder": str(toy["makers"])}, WHERE) == []
    assert notes(["kobest_wic"], None, {"hub": {"kobest_wic": "resources/hub/datasets/kobest-wic"}}, WHERE) == []


def test_another_task_says_where_its_rows_come_from_and_how_it_is_answered(tmp_path):
    for split in ("dev", "test"):
        toy_kobest.write_lines(tmp_path / f"Accounting/{split}.jsonl", [ROW])
    (said,) = notes(["kmmlu_accounting"], None, {"folder": str(tmp_path)}, WHERE)
    assert said.startswith(f"kmmlu_accounting: rows from {tmp_path}, no network; an answer is the option")


def test_many_tasks_that_are_alike_are_one_line():
    names = ["kmmlu_accounting", "kmmlu_law", "kmmlu_health", "kmmlu_math", "kmmlu_patent"]
    (said,) = notes(names, None, {"hub": {}}, WHERE)
    assert said.startswith("kmmlu_accounting, kmmlu_law, kmmlu_health and 2 more: rows from the hub's downloads; an")


def test_rows_that_are_missing_are_refused_before_anything_runs(tmp_path):
    with pytest.raises(UserError, match="split 'test': neither Accounting/test.jsonl"):
        notes(["kmmlu_accounting"], None, {"folder": str(tmp_path)}, WHERE)


def test_rows_of_the_hub_s_own_need_a_network_or_a_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    asked = (["kmmlu_accounting"], None, {"lm_eval": True}, WHERE)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError, match=r"more.yaml.*'kmmlu_accounting' \(HAERAE-HUB/KMMLU, Accounting\) are not in"):
        notes(*asked)
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "0")
    assert "from the hub, which needs a network" in notes(*asked)[0]
    (tmp_path / "datasets--HAERAE-HUB--KMMLU/snapshots/abc").mkdir(parents=True)
    assert "from the hub client's cache, no network" in notes(*asked)[0]


def test_a_start_does_not_load_lm_eval():
    loaded = {name for name in sys.modules if name.split(".")[0] == "lm_eval"}
    notes(["kobest_wic"], None, {"hub": {}}, WHERE)
    assert {name for name in sys.modules if name.split(".")[0] == "lm_eval"} == loaded
