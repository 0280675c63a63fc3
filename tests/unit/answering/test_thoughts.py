"""Thoughts are cut off an answer before anything else, and counted; an answer that never leaves them is empty."""

from __future__ import annotations

import dataclasses

import orders
import pytest

from kotune.answering import answer as generation
from kotune.answering.thoughts import Thoughts, counts_of
from kotune.core.storage import read_json, read_jsonl
from kotune.models import loading
from kotune.prompts import encoding

PROMPT = encoding.Prompt(0, "test", "a", (7, 8), False)
BEGINS, ENDS = "<start_of_turn>", "<bos>"  # stand for <think> and </think>: tokens that the tiny tokenizer has
MARKS = {"begins": BEGINS, "ends": ENDS, "opened": False}


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    return orders.answering(tmp_path_factory.mktemp("thoughts"), quantization=None)


@pytest.fixture(scope="module")
def line(order):
    tokenizer = loading.load_tokenizer(order.model)
    stop = tokenizer.convert_tokens_to_ids("<end_of_turn>")

    def made(text: str, stopped: bool = True, opened: bool = False, cleanup: dict | None = None) -> dict:
        tokens = [*tokenizer(text, add_special_tokens=False)["input_ids"], *([stop] if stopped else [])]
        return Thoughts(BEGINS, ENDS, opened).line_of(PROMPT, tokens, stopped, tokenizer, cleanup or {})

    return made


def words(order) -> str:
    """A text that the tiny tokenizer gives back as it was."""
    tokenizer = loading.load_tokenizer(order.model)
    return tokenizer.decode(range(20, 26)).strip()


def test_an_answer_is_what_follows_the_thoughts(order, line):
    text = words(order)
    made = line(f"{BEGINS}{text}{ENDS}{text}")
    assert made["answer"] == text and made["thoughts"] == text
    assert not made["in_thought"] and 0 < made["thought_tokens"] < made["new_tokens"]
    assert BEGINS in made["raw"], "what was generated stays whole"
    assert line(f"{text}{ENDS}{text}", opened=True)["answer"] == text, "the prompt has opened them"


def test_a_mark_that_cuts_answers_cuts_no_thoughts(order, line):
    text = words(order)
    made = line(f"{BEGINS}{text}{ENDS}{text}", cleanup={"cut_at": [text[-1]]})
    assert made["thoughts"] == text and made["cut"] == text[-1] and len(made["answer"]) < len(text)


@pytest.mark.parametrize("stopped", [True, False])
def test_an_answer_that_never_leaves_its_thoughts_is_empty(order, line, stopped):
    text = words(order)
    for made in (line(f"{BEGINS}{text}", stopped), line(text, stopped, opened=True)):
        assert (made["answer"], made["in_thought"], made["thoughts"]) == ("", True, text)
        assert made["thought_tokens"] == made["new_tokens"] - stopped
        assert made["finish_reason"] == ("stop" if stopped else "length")


def test_a_model_that_opens_no_thoughts_has_none(order, line):
    made = line(words(order))
    assert (made["answer"], made["thoughts"], made["thought_tokens"], made["in_thought"]) == (
        words(order),
        "",
        0,
        False,
    )


def test_a_record_counts_thoughts_only_where_somebody_thinks():
    assert counts_of([{"answer": "a"}]) == {}
    lines = [{"thought_tokens": 3, "in_thought": True}, {"thought_tokens": 2, "in_thought": False}, {"answer": ""}]
    assert counts_of(lines) == {"thoughts": {"tokens": 5, "in_thought": 1}}


def test_a_run_of_answering_writes_thoughts_and_counts_them(order, tmp_path):
    thinking = {**order.generation, "thinking": {**MARKS, "opened": True}}
    run = dataclasses.replace(
        order, generation=thinking, output=tmp_path / "run.jsonl", record=tmp_path / "run.record.json"
    )
    generation.answer(run)
    lines = [line for line in read_jsonl(run.output) if line["finish_reason"] != "excluded"]
    assert all(line["in_thought"] == (line["answer"] == "") for line in lines if line["thought_tokens"])
    told = read_json(run.record)["found"]["thoughts"]
    assert told["in_thought"] == sum(line["in_thought"] for line in lines) > 0
