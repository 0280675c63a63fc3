"""Votes: how often the members agree, and what each adds to an ensemble."""

from __future__ import annotations

import shutil

import fake_results
import pytest

from kotune.core.storage import read_jsonl, write_jsonl
from kotune.report.gather.votes import vote_pattern, vote_patterns, votes
from kotune.report.view import Report


def test_votes_add_up_to_all_rows(plain):
    numbers = plain.numbers
    for split in ("test", "test-unseen"):
        rows = [numbers[f"econ-qa.votes.{split}.{pattern}.rows"] for pattern in ("3:0:0", "2:1:0", "1:1:1")]
        assert sum(one["value"] for one in rows) == rows[0]["n"] == fake_results.SPLITS[split]


@pytest.mark.parametrize(
    ("answers", "pattern"),
    [(["a", "a", "a"], "3:0:0"), (["a", "b", "a"], "2:1:0"), (["a", "b", "c"], "1:1:1"), (["a", "a "], "1:1")],
)
def test_answers_agree_where_they_are_equal_letter_for_letter(answers, pattern):
    assert vote_pattern(answers) == pattern
    assert pattern in vote_patterns(len(answers))


def test_every_pattern_is_listed_once_from_all_agreeing_to_all_differing():
    assert vote_patterns(3) == ["3:0:0", "2:1:0", "1:1:1"]
    assert vote_patterns(4) == ["4:0:0:0", "3:1:0:0", "2:2:0:0", "2:1:1:0", "1:1:1:1"]


def test_rows_without_gold_answers_are_voted_on_too(real):
    assert real.numbers["econ-qa.votes.submission.3:0:0.share"]["n"] == fake_results.SUBMITTED


def test_the_votes_of_all_seeds_are_counted(plain, tmp_path):
    shutil.copytree(plain.study, tmp_path / "econ-qa")
    arms = {**plain.settings["arms"], "qlora": {**plain.settings["arms"]["qlora"], "seeds": [fake_results.SEED, 43]}}
    report = Report({**plain.settings, "arms": arms}, tmp_path / "econ-qa")
    for member in report.members:
        lines = list(read_jsonl(report.answers((member, "qlora", fake_results.SEED))))
        write_jsonl(report.answers((member, "qlora", 43)), [{**line, "answer": "같은 답"} for line in lines])
    found = votes(report)
    one, size = plain.numbers["econ-qa.votes.test.3:0:0.rows"]["value"], fake_results.SPLITS["test"]
    assert (found["econ-qa.votes.test.3:0:0.rows"]["value"], found["econ-qa.votes.test.3:0:0.rows"]["n"]) == (
        one + size,
        2 * size,
    )


def test_rows_that_some_members_were_not_asked_are_counted_apart(plain, tmp_path):
    study = tmp_path / "econ-qa"
    shutil.copytree(plain.study, study)
    report = Report(plain.settings, study)
    for member in report.members[:2]:
        path = report.answers(report.of_first_seed(member, "qlora"))
        lines = read_jsonl(path)
        of_test = [line for line in lines if line["split"] == "test"]
        for line in of_test[: 3 if member == report.members[0] else 1]:
            line |= {"answer": "", "finish_reason": "excluded"}
        write_jsonl(path, lines)
    path = report.answers(report.of_first_seed(report.members[2], "qlora"))
    lines = read_jsonl(path)
    next(line for line in lines if line["split"] == "test").update(answer="", finish_reason="excluded")
    write_jsonl(path, lines)
    found, rows = votes(report), fake_results.SPLITS["test"]
    assert (found["econ-qa.votes.test.fewer.rows"]["value"], found["econ-qa.votes.test.nobody.rows"]["value"]) == (3, 1)
    shares = [found[f"econ-qa.votes.test.{pattern}.share"] for pattern in ("3:0:0", "2:1:0", "1:1:1")]
    assert sum(one["value"] for one in shares) == pytest.approx(100)
    assert {one["n"] for one in shares} == {rows - 3}


def test_a_study_without_ensembles_has_no_votes(plain):
    assert votes(Report({**plain.settings, "ensembles": None}, plain.study)) == {}


def test_a_members_contribution_is_what_the_ensemble_loses_without_it(plain):
    numbers, start = plain.numbers, "econ-qa.members.majority.tiny-eeve.test"
    whole = numbers["econ-qa.majority.ensemble.test.char_f1"]["value"]
    without = numbers[f"{start}.without"]["value"]
    assert numbers[f"{start}.contribution"]["value"] == pytest.approx(whole - without)
    assert numbers[f"{start}.chosen"]["n"] == fake_results.SPLITS["test"]
