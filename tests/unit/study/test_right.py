"""When an answer is right: by exact match, else by the primary metric, or as a study says."""

import pytest

from kotune.scoring.flips import is_right
from kotune.study.metrics import METRICS
from kotune.study.right import rule_of


@pytest.mark.parametrize(
    ("metrics", "primary", "given", "words"),
    [
        (["exact_match", "char_f1"], "char_f1", None, "right: exact match is 1"),
        (["char_f1"], "char_f1", None, "right: char-F1 is at least 0.5"),
        (["similarity"], "similarity", {"metric": "similarity", "at_least": 0.8}, "right: similarity is at least 0.8"),
        (["refusal"], "refusal", None, "yes: refusals is 1"),
        (["repetition"], "repetition", None, "right: loops is 0"),
        (["answer_chars"], "answer_chars", {"metric": "answer_chars", "at_most": 40}, "yes: characters is at most 40"),
    ],
)
def test_the_rule_is_said_in_words(metrics, primary, given, words):
    assert rule_of(metrics, primary, given)["words"] == words


def test_of_a_length_nothing_is_right():
    assert rule_of(["answer_chars"], "answer_chars") is None


def test_every_metric_has_a_rule_or_none_and_never_an_error():
    for name in METRICS:
        rule = rule_of([name], name)
        assert rule is None or rule["metric"] == name


def test_the_bound_itself_is_right_and_a_missing_score_is_neither():
    rule = rule_of(["char_f1"], "char_f1")
    assert [is_right(rule, {"char_f1": value}) for value in (0.5, 0.499)] == [True, False]
    assert is_right(rule, {"similarity": 1.0}) is None
    few = rule_of(["repetition"], "repetition")
    assert [is_right(few, {"repetition": value}) for value in (0.0, 1.0)] == [True, False]
