"""On a GPU, in bfloat16: answers are drawn by CUDA graphs, the reference begins as the policy, equal groups move nothing."""

import dataclasses
import math

import pytest
import rewarded_training
import torch
from safetensors.torch import load_file

from kotune.core.storage import read_json, read_jsonl
from kotune.training.rewards import Rewards
from kotune.training.train import train

NF4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "bfloat16"}


def on_gpu(root, method, quantization, **trainer):
    order = rewarded_training.order(root, method, bf16=True, optim="adamw_torch_fused", **trainer)
    return dataclasses.replace(
        order,
        recipe={**order.recipe, "quantization": quantization},
        compute={"device": "auto", "threads": 2},
        model={**order.model, "dtype": "bfloat16"},
    )


@pytest.mark.parametrize("method", ["grpo", "rloo"])
@pytest.mark.parametrize("quantization", [None, NF4], ids=["16 bits", "4 bits"])
def test_it_learns_from_what_it_draws(tmp_path, method, quantization):
    order = on_gpu(tmp_path, method, quantization)
    train(order)
    lines = read_jsonl(order.folder / "curve.jsonl")
    assert lines[0]["kl"] == pytest.approx(0, abs=1e-4), "before the first step the two are one"
    assert all(math.isfinite(line["grad_norm"]) for line in lines)
    found = read_json(order.folder / "record.json")["found"]
    assert "drawing" not in found, "no graph has failed"
    before, after = (load_file(folder / "adapter_model.safetensors") for folder in (order.adapter, order.folder))
    assert {str(one.dtype) for one in after.values()} == {"torch.float32"}
    assert any(not torch.equal(after[name], one) for name, one in before.items())


def test_a_step_whose_groups_are_all_equal_changes_nothing(tmp_path, monkeypatch):
    calls = []

    def of(self, lines, rows):
        calls.append(1)
        return [float(place % 2) for place in range(len(lines))] if len(calls) % 3 == 1 else [1.0] * len(lines)

    monkeypatch.setattr(Rewards, "of", of)
    order = on_gpu(tmp_path, "grpo", None, lr_scheduler_type="constant", max_steps=1)
    train(order)
    once = load_file(order.folder / "adapter_model.safetensors")
    calls.clear()
    longer = rewarded_training.with_trainer(order, tmp_path / "longer", max_steps=3)
    assert train(longer)["steps_without_effect"] == 2
    same = load_file(longer.folder / "adapter_model.safetensors")
    assert all(torch.equal(same[name], one) for name, one in once.items())
