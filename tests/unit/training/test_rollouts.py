"""Answers that a training draws: as a run of answering draws them, however the model stands and whoever asks with it."""

import pytest
import rewarded_training
import torch

from kotune.answering import padded
from kotune.answering.draws import Draws
from kotune.models import adapters, loading
from kotune.prompts.encoding import read_prompts
from kotune.training.rollouts import Sampler, samples


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """An SFT adapter with dropout on its base, and the prompts."""
    order = rewarded_training.order(tmp_path_factory.mktemp("rollouts"))
    tokenizer = loading.load_tokenizer(order.model)
    base = loading.load_model(order.model, order.recipe["quantization"], order.compute).model
    model = adapters.put_on(base, order.adapter, "base", trainable=True)
    return (
        model,
        tokenizer,
        loading.stop_ids(tokenizer, order.model["stop"]),
        read_prompts([order.prompts], tokenizer, None),
    )


def sampler(policy, **changes):
    _, tokenizer, stop, _ = policy
    return Sampler(
        **{"tokenizer": tokenizer, "stop": stop, "new_tokens": 8, "temperature": 1.0, "seed": 3, "cleanup": {}}
        | changes
    )


def tokens(lines):
    return [line["tokens"] for line in lines]


def test_they_are_drawn_without_dropout_and_by_nothing_but_seed_row_step_and_number(policy):
    model, tokenizer, stop, prompts = policy
    assert any(getattr(module, "p", 0) > 0 for module in model.modules() if isinstance(module, torch.nn.Dropout))
    asked = samples(prompts[:3], 2, step=5)
    model.eval()
    config = padded.generation_config({"do_sample": True, "max_new_tokens": 8}, tokenizer, stop)
    alone = [padded.answer_batch(model, tokenizer, [one], config, {}, draws=Draws.of(config, 3))[0] for one in asked]
    model.train()
    torch.manual_seed(99)
    state = torch.get_rng_state()
    lines = sampler(policy).answer(model, asked)
    assert model.training
    assert torch.equal(torch.get_rng_state(), state)
    assert [line["raw"] for line in lines] == [line["raw"] for line in alone]
    assert [line["number"] for line in lines] == [0, 1, 0, 1, 0, 1]
    backwards = sampler(policy).answer(model, asked[::-1])
    assert tokens(backwards) == tokens(lines)[::-1]


def test_another_step_seed_or_number_draws_others(policy):
    model, _, _, prompts = policy
    first = tokens(sampler(policy).answer(model, samples(prompts[:3], 2, step=1)))
    assert first[0] != first[1]
    assert tokens(sampler(policy).answer(model, samples(prompts[:3], 2, step=2))) != first
    assert tokens(sampler(policy, seed=4).answer(model, samples(prompts[:3], 2, step=1))) != first


def test_they_come_from_the_whole_distribution_whatever_the_folder_of_the_model_says(policy):
    model, _, _, prompts = policy
    model.generation_config.top_k, model.generation_config.do_sample = 1, True
    drawn = tokens(sampler(policy, temperature=50.0).answer(model, samples(prompts[:1], 24, step=1)))
    assert len({one[0] for one in drawn}) > 15


def test_they_end_at_the_familys_stop_tokens_and_are_read_as_answers_are(policy):
    model, tokenizer, _, prompts = policy
    asked = samples(prompts[:2], 4, step=1)
    open_ended = sampler(policy, stop=[1]).answer(model, asked)
    end = open_ended[0]["tokens"][2]
    stopped = sampler(policy, stop=[end], cleanup={}).answer(model, asked)
    for line, before in zip(stopped, open_ended, strict=True):
        cut = next((place + 1 for place, token in enumerate(before["tokens"]) if token == end), None)
        if 1 not in before["tokens"]:
            assert line["tokens"] == before["tokens"][:cut]
            assert line["finish_reason"] == ("length" if cut is None else "stop")
    assert stopped[0]["answer"] == tokenizer.decode(stopped[0]["tokens"][:-1], skip_special_tokens=True).strip()


def test_what_was_drawn_goes_on_being_counted(policy):
    model, _, _, prompts = policy
    first = sampler(policy)
    first.answer(model, samples(prompts[:1], 2, step=1))
    again = sampler(policy)
    again.restore(first.state())
    again.answer(model, samples(prompts[:1], 2, step=2))
    assert first.state()["tokens"] > 0
    assert again.state()["tokens"] > first.state()["tokens"]
