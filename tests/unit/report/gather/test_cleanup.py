"""Clean-up: each mark is counted with what it did to the score, for the better and for the worse."""

from __future__ import annotations

import json
from pathlib import Path

import fake_results
import gather_numbers
import pytest

from kotune.core.storage import read_json, read_jsonl, read_parquet
from kotune.report.gather.cleanup import cleanup, mark_title, marks_of, uncut
from kotune.report.view import Report
from kotune.scoring.metrics.text import char_f1_of

STUDY = "results/mini/econ-qa"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A study with two models whose answers are cut, after gathering."""
    root = tmp_path_factory.mktemp("results")
    settings, _ = fake_results.make(root, own=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        files = ["--numbers", "results/mini/numbers.json", "--costs", "results/mini/costs.json"]
        gather_numbers.main(["--study-dir", STUDY, "--settings", json.dumps([settings]), *files])
    return root, settings, read_json(root / "results/mini/numbers.json")


@pytest.mark.parametrize(
    ("mark", "title"), [("\n", "line break"), ("  ", "2 spaces"), (" ", "1 space"), ("\t", "tab"), ("Que", "Que")]
)
def test_a_mark_that_cannot_be_seen_is_named(mark, title):
    assert mark_title(mark) == title


def test_control_tokens_are_no_part_of_an_answer():
    assert uncut(" 금리<s>\nQuestion</s> ", ["<s>", "</s>"]) == "금리\nQuestion"
    assert uncut(" 금리<s>", []) == "금리<s>"


def test_what_a_mark_did_is_what_the_answers_say(tree):
    root, settings, numbers = tree
    start = "econ-qa.cleanup.qlora.tiny-eeve.seed42.test"
    lines = read_jsonl(root / STUDY / "answers/own/tiny-eeve/qlora/seed42.jsonl")
    lines = [line for line in lines if line["split"] == "test"]
    golds = {row["id"]: row["answer"] for row in read_parquet(root / STUDY / "rows/all/test.parquet").to_dicts()}
    after = [char_f1_of(line["answer"], golds[line["id"]]) for line in lines]
    before = [char_f1_of(uncut(line["raw"], ["<s>"]), golds[line["id"]]) for line in lines]
    assert numbers[f"{start}.all marks.scored"]["value"] == pytest.approx(sum(after) / len(lines))
    assert numbers[f"{start}.all marks.uncut"]["value"] == pytest.approx(sum(before) / len(lines))
    change = sum(numbers[f"{start}.{mark}.change"]["value"] for mark in ("Con", "line break"))
    assert numbers[f"{start}.all marks.change"]["value"] == pytest.approx(change)
    assert change == pytest.approx((sum(after) - sum(before)) / len(lines))
    cut = {mark: sum(line["cut"] == mark for line in lines) for mark in ("Con", "\n")}
    assert {mark: numbers[f"{start}.{mark_title(mark)}.cut"]["value"] for mark in cut} == cut
    assert numbers[f"{start}.Con.worse"]["value"] > 0 == numbers[f"{start}.Con.better"]["value"]
    assert numbers[f"{start}.line break.better"]["value"] > 0 == numbers[f"{start}.line break.worse"]["value"]
    assert numbers[f"{start}.Con.cut"]["records"] == ["econ-qa/answers/own/tiny-eeve/qlora/seed42.record.json"]


def test_all_cut_answers_are_counted_once_and_only_where_they_are_scored(tree):
    numbers = tree[2]
    assert numbers["econ-qa.cleanup.marked"]["value"] == 4
    assert numbers["econ-qa.cleanup.answers"]["value"] == 4 * fake_results.SPLITS["test"]
    cut = [entry["value"] for key, entry in numbers.items() if key.endswith("test.all marks.cut")]
    assert numbers["econ-qa.cleanup.cut"]["value"] == sum(cut) > 0
    assert not [key for key in numbers if ".cleanup." in key and "submission" in key]


def test_a_study_without_marks_opens_no_rows(tmp_path, monkeypatch):
    settings, folder = fake_results.make(tmp_path)
    monkeypatch.chdir(tmp_path)
    for path in (folder / "rows").rglob("*.parquet"):
        path.unlink()
    report = Report(settings, Path(STUDY))
    found = cleanup(report)
    assert marks_of(report) == {}
    assert {key: entry["value"] for key, entry in found.items()} == {
        "econ-qa.cleanup.marked": 0,
        "econ-qa.cleanup.answers": 0,
        "econ-qa.cleanup.cut": 0,
    }
