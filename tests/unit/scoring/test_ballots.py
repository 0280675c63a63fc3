"""A ballot joins what each member answered a row, in the rows' order; members that did not answer the same are named."""

import pytest

from kotune.core.errors import UserError
from kotune.scoring.ballots import make_ballots

ROWS = {
    "valid": [
        {"id": "r2", "context": "기사", "question": "무엇?", "answer": "금리", "article": "a1"},
        {"id": "r1", "context": None, "question": "왜?", "answer": None, "article": None},
    ]
}


def answers(**given):
    return {("valid", name, 0): {"answer": answer} for name, answer in given.items()}


def test_ballots_stand_in_the_order_of_the_rows_and_of_the_members():
    first, second = make_ballots(["A", "B"], [answers(r1="x", r2="y"), answers(r2="z", r1="w")], ["a", "b"], ROWS)
    assert (first.id, first.answers, first.golds, first.article) == ("r2", ("y", "z"), ("금리",), "a1")
    assert (second.id, second.answers, second.golds, second.context) == ("r1", ("x", "w"), (), "")


def test_a_row_that_a_member_did_not_answer_is_named_with_its_file():
    with pytest.raises(UserError, match=r"b\.jsonl: no answer for the row 'r1' of 'valid', which a\.jsonl holds"):
        make_ballots(["A", "B"], [answers(r1="x", r2="y"), answers(r2="z")], ["a.jsonl", "b.jsonl"], ROWS)


def test_who_was_not_asked_has_no_vote():
    long = {("valid", "r2", 0): {"answer": "", "finish_reason": "excluded"}}
    empty = {("valid", "r2", 0): {"answer": "", "finish_reason": "stop"}}
    given = [{**answers(r1="w"), **long}, {**answers(r1="x"), **empty}, answers(r1="y", r2="z")]
    first, second = make_ballots(["A", "B", "C"], given, ["a", "b", "c"], ROWS)
    assert (first.answers, first.voters, first.votes) == ((None, "", "z"), (1, 2), ("", "z"))
    assert second.voters == (0, 1, 2)
    assert first.without(1).answers == (None, "z") and first.without(0).votes == ("", "z")


def test_several_answers_to_a_row_are_no_ballot():
    several = {**answers(r1="x", r2="y"), ("valid", "r1", 1): {"answer": "v"}}
    with pytest.raises(UserError, match=r"a\.jsonl: holds several answers to a row"):
        make_ballots(["A", "B"], [several, answers(r1="x", r2="y")], ["a.jsonl", "b.jsonl"], ROWS)
