"""An answer in parts: labels are taken off, the reasoning is found, a second turn goes on from the first; kills or not."""

from __future__ import annotations

import dataclasses

import orders
import pytest
from killed_answers import answered_until_killed
from tiny_model import CPU

from kotune.answering import answer as generation
from kotune.answering import padded, side_by_side, vllm
from kotune.answering.lines import Parts, unlabelled
from kotune.answering.packed import decoder_for
from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl
from kotune.models import loading
from kotune.prompts import encoding

BETWEEN = "<end_of_turn>\n<start_of_turn>model\n"
TURNS = {"names": ["answer", "reasoning"], "labels": ["###답:", "###추론:"], "between": BETWEEN}
TEXT = {**TURNS, "between": None}
ONLY = {"names": ["answer"], "labels": ["###답:"], "between": None}
PLAIN = {"max_new_tokens": 5, "batch_size": 4, "do_sample": False}
IN_TURNS = {**PLAIN, "parts": TURNS, "reasoning_tokens": 9}
KEYS = ["id", "split", "answer", "raw", "finish_reason", "new_tokens", "cut"]
REASONED = [*KEYS, "reasoning", "raw_reasoning", "reasoning_finish_reason"]
PROMPT = encoding.Prompt(0, "test", "a", (7, 8), False)


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """11 prompts in two splits, one of them excluded."""
    return orders.answering(tmp_path_factory.mktemp("parts"), quantization=None, generation=IN_TURNS)


@pytest.fixture(scope="module")
def tokenizer(order):
    return loading.load_tokenizer(order.model)


@pytest.fixture(scope="module")
def answered(order):
    generation.answer(order)
    return order.output


def to(order, folder, name="run", **changes):
    settings = {**order.generation, **changes}
    return dataclasses.replace(
        order, generation=settings, output=folder / f"{name}.jsonl", record=folder / f"{name}.json"
    )


def lines_of(parts, tokenizer, text: str, stopped: bool = True, cleanup=None) -> dict:
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    made = Parts.of({"parts": parts, "reasoning_tokens": 9})
    return made.first(PROMPT, [*tokens, 4] if stopped else tokens, stopped, tokenizer, cleanup or {})


def test_a_second_turn_goes_on_from_the_first_answer(order, answered, tokenizer, tmp_path, monkeypatch):
    seen, answer_batch = [], padded.answer_batch

    def spy(model, tokenizer, batch, config, *rest):
        lines = answer_batch(model, tokenizer, batch, config, *rest)
        seen.extend((config.max_new_tokens, prompt, line) for prompt, line in zip(batch, lines, strict=True))
        return lines

    monkeypatch.setattr(padded, "answer_batch", spy)
    generation.answer(to(order, tmp_path))
    first = {prompt.id: (prompt.tokens, line["tokens"]) for limit, prompt, line in seen if limit == 5}
    second = {prompt.id: prompt.tokens for limit, prompt, _ in seen if limit == 9}
    between = tuple(tokenizer(BETWEEN, add_special_tokens=False)["input_ids"])
    assert len(first) == 10
    assert second == {name: (*asked, *made, *between) for name, (asked, made) in first.items()}
    assert all(not made or made[-1] not in (4, 1) for _, made in first.values()), "between brings the stop token"


def test_lines_hold_both_parts_and_the_first_is_what_it_is_alone(order, answered, tmp_path):
    lines = read_jsonl(answered)
    plain = dataclasses.replace(to(order, tmp_path), generation=PLAIN)
    generation.answer(plain)
    alone = read_jsonl(plain.output)
    assert all(list(line) == KEYS for line in alone)
    assert all(list(line) == REASONED for line in lines)
    for line, one in zip(lines, alone, strict=True):
        assert [line[key] for key in ("id", "split", "raw", "finish_reason")] == [
            one[key] for key in ("id", "split", "raw", "finish_reason")
        ]
        assert one["new_tokens"] <= line["new_tokens"] <= one["new_tokens"] + 9
    (excluded,) = [line for line in lines if line["id"] == "test-2"]
    assert (excluded["reasoning"], excluded["reasoning_finish_reason"]) == ("", "excluded")
    found = read_json(order.record)["found"]
    assert sum(found["reasoning_finish_reasons"].values()) == sum(found["finish_reasons"].values()) == 11
    assert "reasoning_finish_reasons" not in read_json(plain.record)["found"]


def test_the_packed_engine_gives_the_same_lines(order, answered, tmp_path):
    packed = to(order, tmp_path, engine="packed")
    assert generation.answer(packed)["engine"] == "packed"
    assert packed.output.read_bytes() == answered.read_bytes()


KINDS = {"greedy": {}, "sampled": {"do_sample": True, "temperature": 1.5}, "packed": {"engine": "packed"}}


@pytest.fixture(scope="module")
def undisturbed(order, tmp_path_factory):
    """The answers of each kind, made without a kill."""
    folder = tmp_path_factory.mktemp("undisturbed")
    made = {kind: to(order, folder, kind, **changes) for kind, changes in KINDS.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side_by_side, "WRITTEN", 4)
        for one in made.values():
            generation.answer(one)
    return {kind: one.output.read_bytes() for kind, one in made.items()}


@pytest.mark.parametrize("done", [1, 3, 4, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_killed_in_either_pass_and_resumed_gives_the_same_bytes(order, undisturbed, tmp_path, monkeypatch, done, kind):
    killed = to(order, tmp_path, "killed", **KINDS[kind])
    monkeypatch.setattr(side_by_side, "WRITTEN", 4)
    added = answered_until_killed(killed, done)
    assert not killed.output.exists()
    assert generation.answer(killed)["resumed_after"] == sum(len(lines) for lines in added)
    assert killed.output.read_bytes() == undisturbed[kind]
    assert not killed.output.with_name("killed.jsonl.part").exists()


def test_parts_in_one_text_are_made_in_one_pass(order, tmp_path):
    one = to(order, tmp_path, parts=TEXT)
    generation.answer(one)
    lines = [line for line in read_jsonl(one.output) if line["finish_reason"] != "excluded"]
    assert max(line["new_tokens"] for line in lines) == 5 + 9
    assert {line["reasoning_finish_reason"] for line in lines} == {"missing"}, "a random model writes no label"
    only = dataclasses.replace(to(order, tmp_path, "only"), generation={**PLAIN, "parts": ONLY})
    generation.answer(only)
    assert all(list(line) == KEYS for line in read_jsonl(only.output))


@pytest.mark.parametrize(
    ("text", "answer", "reasoning", "ends"),
    [
        ("###답:\n3.4%\n\n###추론:\n둘째 문장.\n", "3.4%", "둘째 문장.", ("stop", "stop")),
        ("3.4% ###추론: 둘째", "3.4%", "둘째", ("stop", "stop")),
        ("###답: 3.4%", "3.4%", "", ("stop", "missing")),
        ("###추론: 까닭만", "", "까닭만", ("stop", "stop")),
        ("답은 ###답: 이다", "답은 ###답: 이다", "", ("stop", "missing")),
    ],
)
def test_one_text_is_split_at_the_second_label(tokenizer, text, answer, reasoning, ends):
    line = lines_of(TEXT, tokenizer, text)
    assert (line["answer"], line["reasoning"]) == (answer, reasoning)
    assert (line["finish_reason"], line["reasoning_finish_reason"]) == ends
    assert line["raw"] + line["raw_reasoning"] == text
    assert "tokens" not in line


def test_a_text_that_ran_out_of_tokens_says_which_part_did(tokenizer):
    line = lines_of(TEXT, tokenizer, "###답: 3.4% ###추론: 둘째", stopped=False)
    assert (line["finish_reason"], line["reasoning_finish_reason"]) == ("stop", "length")
    line = lines_of(TEXT, tokenizer, "###답: 3.4%", stopped=False)
    assert (line["finish_reason"], line["reasoning_finish_reason"]) == ("length", "missing")


def test_a_mark_cuts_the_answer_behind_its_label(tokenizer):
    line = lines_of(TURNS, tokenizer, "###답:\n3.4%\n다음", cleanup={"cut_at": ["\n"]})
    assert (line["answer"], line["cut"], line["raw"]) == ("3.4%", "\n", "###답:\n3.4%\n다음")
    assert lines_of(ONLY, tokenizer, "###답:\n3.4%")["answer"] == "3.4%"


def test_labels_are_taken_off_where_a_part_begins_with_them():
    assert unlabelled(" ###답:\n 3%", "###답:") == "3%"
    assert unlabelled(" 3%", "###답:") == " 3%"
    assert unlabelled(" 3%", "") == " 3%"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reasoning_tokens": 0}, "generation.reasoning_tokens: 0 is not a whole number above 0"),
        ({"parts": {**TURNS, "betwen": ""}}, "generation.parts: must hold names, labels, between; look at 'betwen'"),
        ({"parts": {"names": ["answer"], "labels": []}}, "look at 'between'"),
        ({"parts": {**TURNS, "names": ["reasoning"]}}, "must name the answer, or answer and reasoning, with a label"),
    ],
)
def test_parts_that_cannot_be(order, tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        generation.answer(to(order, tmp_path, **changes))


def test_vllm_makes_both_passes_from_one_load(order, answered, tmp_path, monkeypatch):
    opened = []

    class Decoder:
        """Answers as the packed engine does, in vLLM's place."""

        def __init__(self, model, adapter, seed, stop):
            self.model, self.stop = loading.load_model(model, None, CPU).model.eval(), stop
            opened.append(self)

        def answer(self, prompts, limit, adapter=True):
            lengths = [len(prompt) for prompt in prompts]
            yield from decoder_for(self.model, lengths, limit, self.stop).answer(prompts)

    monkeypatch.setattr(vllm, "Decoder", Decoder)
    monkeypatch.setattr(vllm, "check", lambda quantization: None)
    asked = to(order, tmp_path, engine="vllm")
    assert generation.answer(asked)["engine"] == "vllm"
    assert asked.output.read_bytes() == answered.read_bytes()
    assert len(opened) == 1
