"""Votes: how often the members agree, and what each adds to an ensemble."""

from __future__ import annotations

import fake_results
import pytest

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


def test_a_study_without_ensembles_has_no_votes(plain):
    assert votes(Report({**plain.settings, "ensembles": None}, plain.study)) == {}


def test_a_members_contribution_is_what_the_ensemble_loses_without_it(plain):
    numbers, start = plain.numbers, "econ-qa.members.majority.tiny-eeve.test"
    whole = numbers["econ-qa.majority.ensemble.test.char_f1"]["value"]
    without = numbers[f"{start}.without"]["value"]
    assert numbers[f"{start}.contribution"]["value"] == pytest.approx(whole - without)
    assert numbers[f"{start}.chosen"]["n"] == fake_results.SPLITS["test"]
