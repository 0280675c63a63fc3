"""What a metric is given besides answers and rows; what is not there is told, never made up."""

import pytest

from kotune.core.errors import UserError
from kotune.scoring.given import Given

LINES = [{"id": "1", "split": "test", "answer": "금리"}]


def test_answers_are_paired_with_the_gold_of_the_tasks_column():
    assert Given("exact_match").pairs(LINES, [{"id": "1", "answer": ["금리", "이자"]}]) == [("금리", ["금리", "이자"])]
    assert Given("exact_match", gold="label").pairs(LINES, [{"id": "1", "label": "물가"}]) == [("금리", ["물가"])]
    with pytest.raises(UserError, match="rows of 'test': the row '1' has no gold answer"):
        Given("exact_match", gold="label").golds(LINES, [{"id": "1", "answer": "물가"}])


def test_without_an_embedder_nothing_is_alike():
    assert Given("similarity", likeness=lambda pairs: [0.5] * len(pairs)).similarities([("a", ["b"])]) == [0.5]
    with pytest.raises(UserError, match="metric 'similarity' cannot be computed: no embedder was given"):
        Given("similarity").similarities([("a", ["b"])])
