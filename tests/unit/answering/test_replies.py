"""Replies: what is shown of one as it is made, how it ends, and that the line kept of it is an answer file's."""

import pytest
from tiny_model import make_model

from kotune.answering.replies import Reply
from kotune.models import loading

GENERATION = {"max_new_tokens": 6, "do_sample": False, "stop": ["<end_of_turn>", "<eos>"]}
BETWEEN = "<end_of_turn>\n<start_of_turn>model\n"
PARTS = {"names": ["answer", "reasoning"], "labels": ["###답:", "###추론:"], "between": BETWEEN}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return loading.load_tokenizer(make_model(tmp_path_factory.mktemp("replies") / "model"))


@pytest.fixture
def reply(tokenizer):
    """A reply of a model that writes the given texts, one each time it is asked; and what it was asked."""

    def make(*texts, **changes):
        asked, left = [], list(texts)

        def write(ids, generation, stop):
            asked.append((tokenizer.decode(ids), generation["max_new_tokens"]))
            made = tokenizer(left.pop(0), add_special_tokens=False)["input_ids"]
            return iter(made[: generation["max_new_tokens"]])

        found = Reply("<bos>물가?", {**GENERATION, **changes}, tokenizer, write)
        found.asked_of_model = asked
        return found

    return make


def shown(reply):
    pieces = []
    while not reply.done:
        pieces.append(reply.step())
    return "".join(pieces)


def test_a_reply_ends_at_a_stop_token(reply):
    made = reply("물가 상승<end_of_turn>", max_new_tokens=40)
    assert shown(made) == "물가 상승"
    assert made.ending() is None and made.remembered() == "물가 상승"
    line = made.line()
    assert line["finish_reason"] == "stop" and line["answer"] == "물가 상승" and "id" not in line


def test_the_limit_is_told(reply):
    made = reply("물가 상승 물가 상승 물가 상승", max_new_tokens=3)
    text = shown(made)
    assert made.ending() == "length" and made.line()["new_tokens"] == 3
    assert text == made.line()["answer"]


def test_a_mark_ends_a_reply_at_once(reply):
    made = reply("서울\n물가 상승 물가 상승", max_new_tokens=40, cleanup={"cut_at": ["\n"]})
    assert shown(made) == "서울"
    assert made.ending() == "cut" and made.line()["new_tokens"] < 12 and made.remembered() == "서울"


def test_control_tokens_that_end_nothing_are_not_shown(reply):
    made = reply("서울<start_of_turn>한국<eos>", max_new_tokens=40)
    assert shown(made) == "서울한국"
    assert made.line()["raw"] == "서울<start_of_turn>한국"


def test_an_interrupted_reply_keeps_what_was_written(reply):
    made = reply("물가 상승 전망", max_new_tokens=40)
    first = made.step()
    rest = made.interrupt()
    assert made.done and made.ending() == "interrupted" and (first + rest).strip() == made.line()["answer"]
    assert made.interrupt() == ""


def test_the_reasoning_follows_as_a_turn_of_its_own(reply):
    made = reply(
        "###답:\n서울<end_of_turn>", "###추론:\n한국<eos>", max_new_tokens=40, parts=PARTS, reasoning_tokens=50
    )
    assert shown(made) == "###답:\n서울\n\n###추론:\n한국"
    (first, limit), (second, more) = made.asked_of_model
    assert first == "<bos>물가?" and second == f"<bos>물가?###답:\n서울{BETWEEN}"
    assert (limit, more) == (40, 50)
    line = made.line()
    assert (line["answer"], line["reasoning"]) == ("서울", "한국")
    assert made.remembered() == "서울\n\n한국" and made.ending() is None


def test_thoughts_are_shown_and_not_remembered(reply):
    marks = {"begins": "<start_of_turn>", "ends": "<bos>", "opened": False}
    made = reply("<start_of_turn>한국<bos>서울<eos>", max_new_tokens=40, thinking=marks)
    assert "한국" in shown(made)
    assert made.remembered() == "서울"
