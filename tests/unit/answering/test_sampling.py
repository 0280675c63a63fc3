"""Samples are the same to the token, however they are batched, ordered, interrupted and spread over processes."""

from __future__ import annotations

import dataclasses

import orders
import pytest
import torch
from killed_answers import answered_until_killed
from tiny_model import CPU, make_model

from kotune.answering import answer as answering
from kotune.answering import draws, padded, sampling
from kotune.answering.samples import samples_of
from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl
from kotune.models import loading
from kotune.prompts.encoding import Prompt

GENERATION = {"max_new_tokens": 12, "batch_size": 16, "do_sample": True, "samples": 3}


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """What is asked: 11 prompts in two splits, one of them excluded; three answers to each, in float32."""
    return orders.answering(tmp_path_factory.mktemp("sampling"), quantization=None, generation=GENERATION)


@pytest.fixture(scope="module")
def answered(order):
    answering.answer(order)
    return order.output


def to(order, tmp_path, name="run", **changes):
    changes["generation"] = {**order.generation, **changes.get("generation", {})}
    return dataclasses.replace(order, output=tmp_path / f"{name}.jsonl", record=tmp_path / f"{name}.json", **changes)


def test_each_row_has_its_samples_in_order(order, answered):
    lines = read_jsonl(answered)
    assert [line["number"] for line in lines] == [0, 1, 2] * 11
    assert [line["id"] for line in lines[::3]] == [line["id"] for line in lines[2::3]]
    assert sum(line["finish_reason"] == "excluded" for line in lines) == 3
    asked = [line["raw"] for line in lines if line["finish_reason"] != "excluded"]
    assert len(set(asked)) == len(asked), "a random model says something else each time"
    found = read_json(order.record)["found"]
    assert found["answers"] == {"valid": 15, "test": 18}
    assert "drawn tokens were near ties" in found["notes"][-1]


@pytest.mark.parametrize(
    "changes",
    [
        {"generation": {"batch_size": 1}},
        {"generation": {"batch_size": 5}},
        {"generation": {"batch_tokens": 64}},
        {"compute": {**CPU, "threads": 2}},
    ],
)
def test_batches_and_threads_change_no_byte(order, answered, tmp_path, changes):
    again = to(order, tmp_path, **changes)
    answering.answer(again)
    assert again.output.read_bytes() == answered.read_bytes()


def test_other_processes_and_another_order_give_each_row_the_same(order, answered, tmp_path):
    found = []
    for place, path in enumerate(reversed(order.prompts)):
        part = to(order, tmp_path, str(place), prompts=[path])
        answering.answer(part)
        found.extend(read_jsonl(part.output))
    assert sorted(found, key=repr) == sorted(read_jsonl(answered), key=repr)


def test_fewer_samples_are_the_first_of_more(order, answered, tmp_path):
    fewer, alone = (to(order, tmp_path, str(count), generation={"samples": count}) for count in (2, 1))
    answering.answer(fewer)
    lines = read_jsonl(answered)
    assert read_jsonl(fewer.output) == [line for line in lines if line["number"] < 2]
    answering.answer(alone)
    firsts = [{key: value for key, value in line.items() if key != "number"} for line in lines[::3]]
    assert read_jsonl(alone.output) == firsts


@pytest.mark.parametrize("done", [0, 2])
def test_killed_and_resumed_gives_the_same_bytes(order, answered, tmp_path, done):
    killed = to(order, tmp_path, "killed", generation={"batch_size": 8})
    answered_until_killed(killed, done)
    assert not killed.output.exists()
    assert answering.answer(killed)["resumed_after"] == (8 * done or None)
    assert killed.output.read_bytes() == answered.read_bytes()


def test_another_seed_and_a_nucleus_draw_otherwise_and_repeat_too(order, answered, tmp_path):
    other = to(order, tmp_path, "other", seed=43)
    answering.answer(other)
    assert other.output.read_bytes() != answered.read_bytes()
    asked = {"temperature": 0.7, "top_p": 0.9}
    nucleus, alone = (to(order, tmp_path, str(size), generation={**asked, "batch_size": size}) for size in (16, 1))
    for one in (nucleus, alone):
        answering.answer(one)
    assert nucleus.output.read_bytes() == alone.output.read_bytes() != answered.read_bytes()


def test_what_a_row_alone_decides_is_what_its_batch_says(order, answered, tmp_path, monkeypatch):
    """If every token were a near tie, all of them would be drawn without batch, padding and cache."""
    monkeypatch.setitem(draws.MARGINS, "torch.float32", 1e9)
    again = to(order, tmp_path)
    answering.answer(again)
    assert again.output.read_bytes() == answered.read_bytes()
    near, _, drawn = read_json(again.record)["found"]["notes"][-1].split(" ")[:3]
    assert near == drawn


@pytest.mark.parametrize("kind", ["llama", "gemma2", "qwen2"])
def test_a_prompt_with_several_samples_is_read_once(tmp_path, kind):
    model = loading.load_model(make_model(tmp_path / kind, kind), None, CPU).model.eval()
    prompts = [Prompt(place, "test", str(place), (7,) * length, False) for place, length in enumerate((9, 1, 5))]
    batch = samples_of(prompts, 4)
    read = []
    model.register_forward_pre_hook(lambda _, __, given: read.append(tuple(given["input_ids"].shape)), with_kwargs=True)
    config = padded.generation_config({"max_new_tokens": 5, "do_sample": True}, Tokens(), [1])
    ids = torch.tensor([[0] * (9 - len(one.tokens)) + list(one.tokens) for one in batch])
    mask = torch.tensor([[0] * (9 - len(one.tokens)) + [1] * len(one.tokens) for one in batch])
    shared = sampling.generate(model, batch, ids, mask, config, draws.Draws(42))
    assert read[:2] == [(3, 8), (12, 1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "read_once", lambda *_: None)
        assert shared == sampling.generate(model, batch, ids, mask, config, draws.Draws(42))


class Tokens:
    bos_token_id, pad_token_id = 2, 0


def test_settings_of_draws_that_are_not_followed_are_refused(order, tmp_path):
    with pytest.raises(UserError, match="generation: answers are drawn by temperature and top_p, and know no top_k"):
        answering.answer(to(order, tmp_path, generation={"top_k": 50}))
    with pytest.raises(UserError, match="greedy answers to one row are all the same"):
        answering.answer(to(order, tmp_path, generation={"do_sample": False}))
