"""Gold answers that need more new tokens than an answer may have are counted, in one part, in two turns, in one text."""

from types import SimpleNamespace

import pytest

from kotune.prompts.limits import Limits, beyond, rows_beyond, told

FAMILY = SimpleNamespace(between="<end><open>")  # two tokens, of which the first ends the answer
TURNS = {"parts": [{"name": "answer"}, {"name": "reasoning"}]}
TEXT = {**TURNS, "joined": "text"}


def count(text):
    """A token a letter, and one for each mark in brackets."""
    marks = text.count("<")
    return marks + len(text.replace("<end>", "").replace("<open>", ""))


@pytest.mark.parametrize(
    ("limits", "answer", "reasoning", "one_text", "cut"),
    [
        (Limits(5), 5, 0, False, False),
        (Limits(5), 6, 0, False, True),
        (Limits(5, 10), 5, 10, False, False),
        (Limits(5, 10), 6, 3, False, True),
        (Limits(5, 10), 3, 11, False, True),
        (Limits(5, 10), 6, 9, True, False),  # they share their tokens
        (Limits(5, 10), 8, 8, True, True),
    ],
)
def test_an_answer_is_cut_where_it_or_its_reasoning_is_longer_than_may_be(limits, answer, reasoning, one_text, cut):
    assert beyond(limits, answer, reasoning, one_text) is cut


def rows(entry, limits, *completions):
    """``completions``: the answer, and the reasoning or None."""
    texts, alone = [], []
    for answer, reasons in completions:
        between = FAMILY.between if "joined" not in entry else "~"
        texts.append(f"{answer}<end>" if reasons is None else f"{answer}{between}{reasons}<end>")
        alone.append(None if reasons is None else f"{answer}<end>")
    return rows_beyond(limits, entry, FAMILY, [(text, count(text)) for text in texts], alone, count)


def test_of_one_part_the_stop_token_counts():
    assert rows({}, Limits(5), ("가나다라", None), ("가나다라마", None), ("가", None)) == 1
    assert rows_beyond(Limits(1), {}, FAMILY, [("", 0)], [None], count) == 0  # a row without a gold answer


def test_of_two_turns_each_has_its_own_limit():
    assert rows(TURNS, Limits(3, 4), ("가나", "하나둘")) == 0
    assert rows(TURNS, Limits(3, 4), ("가나다", "하")) == 1
    assert rows(TURNS, Limits(3, 4), ("가", "하나둘셋")) == 1
    assert rows(TURNS, Limits(3, 4), ("가나다", None), ("가나", None)) == 1  # a row without reasons


def test_of_one_text_both_share_what_there_is():
    assert rows(TEXT, Limits(3, 4), ("가나다", "하나")) == 0  # three, the blank between, two, and the end: seven
    assert rows(TEXT, Limits(3, 4), ("가나다", "하나둘")) == 1


def test_where_no_reasons_are_answered_their_part_of_the_prompt_has_no_limit():
    assert rows(TURNS, Limits(3), ("가나", None)) == 0


def test_the_warning_names_splits_and_limit():
    counts = {"train": {}, "valid": {"beyond_limit": 0}, "test": {"beyond_limit": 1200}}
    assert told(counts, Limits(24, 96), "tiny/all/x.clean") == (
        "warning: prompts of tiny/all/x.clean: gold answers of 1,200 of test need more than the 24 and, for reasons, 96 new "
        "tokens that an answer may have, and would be cut off; raise generation.max_new_tokens of the study or its "
        "reasoning_tokens"
    )
    assert told({"test": {"beyond_limit": 0}}, Limits(24), "x") is None
    assert Limits.of({"answer": 5}) == Limits(5)
