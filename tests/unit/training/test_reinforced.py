"""Reinforced training: what is learned and what is not, and the same bytes, killed in the middle or not."""

import dataclasses

import pytest
import rewarded_training
import torch
from rewarded_training import with_trainer
from safetensors.torch import load_file

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl, sha256_of
from kotune.models import adapters, loading
from kotune.training import policies, train
from kotune.training.rewards import Rewards

WEIGHTS = adapters.WEIGHTS
METHODS = ("grpo", "rloo")


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    return rewarded_training.order(tmp_path_factory.mktemp("reinforced"))


@pytest.fixture(scope="module")
def undisturbed(order):
    train.train(order)
    return order.folder


def by(order, method, folder, **trainer):
    return dataclasses.replace(
        with_trainer(order, folder, **trainer),
        recipe={**with_trainer(order, folder, **trainer).recipe, "method": method},
    )


def rewarded(monkeypatch, give):
    """Let each call's rewards be what ``give(call, count)`` says."""
    calls = []

    def of(self, lines, rows):
        calls.append(len(lines))
        return give(len(calls), len(lines))

    monkeypatch.setattr(Rewards, "of", of)
    return calls


def weights(folder):
    return load_file(folder / WEIGHTS)


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_curve_and_record_say_what_was_drawn_and_what_it_earned(order, undisturbed):
    curve = read_jsonl(undisturbed / "curve.jsonl")
    assert [line["step"] for line in curve] == [1, 2, 3, 4]
    named = [
        "reward",
        "reward_std",
        "frac_reward_zero_std",
        "kl",
        "completions/mean_length",
        "completions/clipped_ratio",
        "not_run",
    ]
    assert list(curve[0])[-7:] == named
    found = read_json(undisturbed / "record.json")["found"]
    assert (found["samples"], found["groups"], found["reward"]) == (32, 8, "answer_chars")
    assert found["drawn_tokens"] == found["sampled_tokens"]
    assert found["sampled_tokens"] == sum(line["completions/mean_length"] * 8 for line in curve)
    assert {str(tensor.dtype) for tensor in weights(undisturbed).values()} == {"torch.float32"}
    assert "rows" in read_json(undisturbed / "record.json")["with"]["files"]


def test_the_reference_is_the_policy_that_it_starts_from(order, undisturbed):
    curve = read_jsonl(undisturbed / "curve.jsonl")
    assert curve[0]["kl"] == 0.0, "before the first step the two are one"
    assert all(line["kl"] > 0 for line in curve[1:])
    base = loading.load_model(order.model, order.recipe["quantization"], order.compute).model
    model = adapters.put_on(base, order.adapter, "base", trainable=True)
    batch, frozen = policies.batch_of([([3, 9], [40, 41])], 0, "cpu"), policies.Frozen(model)
    with torch.no_grad(), policies.without_dropout(model):
        begun = policies.log_probabilities(model, batch, 1.0)
        adapters.copy_weights(undisturbed, model)
        assert not torch.equal(policies.log_probabilities(model, batch, 1.0), begun)
        with frozen.in_place(model):
            assert torch.equal(policies.log_probabilities(model, batch, 1.0), begun)


@pytest.mark.parametrize("method", METHODS)
def test_killed_and_resumed_gives_the_bytes_of_an_undisturbed_run(order, tmp_path, monkeypatch, method):
    whole = by(order, method, tmp_path / "whole", logging_steps=2)
    train.train(whole)
    killed, real = dataclasses.replace(whole, folder=tmp_path / "killed"), console.Progress.update

    def update(self, done, note=""):
        if done == 3:
            raise KeyboardInterrupt
        real(self, done, note)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(console.Progress, "update", update)
        train.train(killed)
    assert not (killed.folder / WEIGHTS).exists()
    torch.manual_seed(12345)
    done = train.train(killed)
    assert done["resumed_from"] == 2
    for name in (WEIGHTS, "curve.jsonl", "adapter_config.json"):
        assert sha256_of(killed.folder / name) == sha256_of(whole.folder / name)
    ours, theirs = (read_json(one.folder / "record.json")["found"] for one in (killed, whole))
    assert ours | {"resumed_from": None} == theirs


@pytest.mark.parametrize("method", METHODS)
def test_a_step_whose_groups_are_all_equal_changes_nothing(order, tmp_path, monkeypatch, method):
    """Momentum, weight decay and the KL term would move the weights of a step without a gradient."""
    differs = [0.0, 1.0, 0.0, 0.0] * 2
    rewarded(monkeypatch, lambda call, count: differs if call == 1 else [1.0] * count)
    once, done = (
        by(order, method, tmp_path / str(steps), max_steps=steps, lr_scheduler_type="constant") for steps in (1, 3)
    )
    train.train(once)
    rewarded(monkeypatch, lambda call, count: differs if call == 1 else [1.0] * count)
    found = train.train(done)
    assert not same(weights(once.folder), weights(order.adapter)), "the first step has moved them"
    assert same(weights(done.folder), weights(once.folder))
    assert found["steps_without_effect"] == 2
    assert found["equal_groups"] == 4
    curve = read_jsonl(done.folder / "curve.jsonl")
    assert [line["frac_reward_zero_std"] for line in curve] == [0.0, 1.0, 1.0]
    assert [("kl" in line, line["grad_norm"]) for line in curve[1:]] == [(False, 0.0)] * 2


@pytest.mark.parametrize("method", METHODS)
def test_equal_groups_have_no_part_in_the_kl_term(order, tmp_path, monkeypatch, method):
    """Whatever the KL term costs, a step of one unequal group among equal ones learns that one alone."""
    seen, real = [], policies.batch_of

    def batch_of(rows, pad, device):
        seen.append(len(rows))
        return real(rows, pad, device)

    monkeypatch.setattr("kotune.training.reinforced.batch_of", batch_of)
    rewarded(monkeypatch, lambda call, count: [1.0, 0.0, 1.0, 1.0] + [1.0] * (count - 4))
    train.train(by(order, method, tmp_path / "run", max_steps=2, beta=0.5))
    assert set(seen) == {4}


def test_a_step_that_was_not_run_changes_nothing(order, tmp_path, monkeypatch):
    rewarded(monkeypatch, lambda call, count: [None] * (count - 1) + [1.0])
    done = train.train(with_trainer(order, tmp_path / "run", max_steps=1))
    assert same(weights(tmp_path / "run"), weights(order.adapter))
    assert (done["not_run"], done["steps_without_effect"]) == (7, 1)


def test_truncated_answers_are_counted_and_masked_by_choice(order, tmp_path):
    kept, masked = (with_trainer(order, tmp_path / str(one), mask_truncated_completions=one) for one in (False, True))
    found = [train.train(one) for one in (kept, masked)]
    assert found[0]["truncated"] > 0
    assert found[1]["target_tokens"] < found[0]["target_tokens"]
    cut_off = with_trainer(
        order, tmp_path / "all", mask_truncated_completions=True, max_completion_length=1, max_steps=1
    )
    assert train.train(cut_off)["steps_without_effect"] == 1
    assert same(weights(cut_off.folder), weights(order.adapter))


def test_a_step_in_several_batches_learns_what_it_learns_in_one(order, undisturbed, tmp_path):
    parts = with_trainer(order, tmp_path / "parts", per_device_train_batch_size=2, gradient_accumulation_steps=4)
    train.train(parts)
    curves = [read_jsonl(folder / "curve.jsonl") for folder in (undisturbed, parts.folder)]
    for one, other in zip(*curves, strict=True):
        assert one["reward"] == other["reward"]
        assert one["grad_norm"] == pytest.approx(other["grad_norm"], rel=1e-3)
        assert one["loss"] == pytest.approx(other["loss"], abs=1e-5)


def test_a_gradient_that_is_no_number_names_the_rows_of_the_step(order, tmp_path, monkeypatch):
    rewarded(monkeypatch, lambda call, count: [1e300, *[0.0] * (count - 1)])
    with pytest.raises(UserError, match=r"the gradient is not a number at step 1; .*\(train-\d, train-\d\)"):
        train.train(with_trainer(order, tmp_path / "run", scale_rewards="none"))
