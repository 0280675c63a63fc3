"""Conversations that are written as one text: parted at the marks of who speaks, and what is no conversation."""

import pytest

from kotune.rows import speakers


def parted(text, marks=speakers.MARKS):
    return [(turn["role"], turn["content"]) for turn in speakers.parted(text, marks)]


def test_turns_are_parted_wherever_their_marks_stand():
    text = "### Human: 안녕?### Assistant: 네,\n안녕하세요.\n### Human: 잘 지내?\n\n###Assistant:네"
    assert parted(text) == [
        ("user", "안녕?"),
        ("assistant", "네,\n안녕하세요."),
        ("user", "잘 지내?"),
        ("assistant", "네"),
    ]


def test_marks_can_be_others():
    assert parted("질문: 가 답변: 나", {"user": "질문:", "assistant": "답변:"}) == [("user", "가"), ("assistant", "나")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("표시가 없다", speakers.NO_MARK),
        ("", speakers.NO_MARK),
        ("머리말 ### Human: 가", speakers.BEFORE),
        ("### Human: ### Assistant: 나", "the user's turn is empty"),
        ("### Human: 가### Human: 나", "two turns of the user in a row"),
        ("### Assistant: 가", "the assistant speaks first"),
    ],
)
def test_a_text_that_is_no_conversation_says_why(text, why):
    with pytest.raises(speakers.Unparsed, match=why):
        parted(text)


def test_the_last_answer_is_learned_and_what_stands_behind_it_is_cut():
    turns = speakers.parted("### Human: 1### Assistant: 2### Human: 3### Assistant: 4### Human: 5", speakers.MARKS)
    earlier, asked, answered, cut = speakers.asked_and_answered(turns)
    assert [turn["content"] for turn in earlier] == ["1", "2"]
    assert (asked, answered, cut) == ("3", "4", 1)
    with pytest.raises(speakers.Unparsed, match=speakers.NOBODY):
        speakers.asked_and_answered(turns[:1])
