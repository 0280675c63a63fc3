"""The way a training takes changes its speed, never its result."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from tiny_model import CPU, RECIPE, make_model, write_prompts

from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl
from kotune.layers import passes, ways
from kotune.training import train

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
LLAMA = SimpleNamespace(architectures=["LlamaForCausalLM"], hidden_act="silu", attn_logit_softcapping=None)
GEMMA2 = SimpleNamespace(architectures=["Gemma2ForCausalLM"], hidden_act="gelu", attn_logit_softcapping=50.0)


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    root = tmp_path_factory.mktemp("ways")
    model = make_model(root / "model")
    trainer = {
        **RECIPE["trainer"],
        "max_steps": 4,
        "save_steps": 2,
        "logging_steps": 1,
        "eval_strategy": "steps",
        "eval_steps": 2,
    }
    recipe = {**RECIPE, "lora": {"r": 4, "lora_alpha": 8, "target_modules": ALL}, "trainer": trainer}
    return train.Order(
        model=model, recipe=recipe, prompts=write_prompts(root / "train.parquet", model, 24),
        valid=write_prompts(root / "valid.parquet", model, 6, seed=1), seed=42, compute=CPU,
        tracking={"mode": "disabled"}, folder=root / "none", label="tiny",
    )  # fmt: skip


def trained(order, folder, way: dict | None = None, **trainer):
    recipe = {**order.recipe, "trainer": {**order.recipe["trainer"], **trainer}, **({"passes": way} if way else {})}
    train.train(dataclasses.replace(order, recipe=recipe, folder=folder))
    return (
        load_file(folder / "adapter_model.safetensors"),
        read_jsonl(folder / "curve.jsonl"),
        read_json(folder / "record.json"),
    )


@pytest.fixture(scope="module")
def plain(order, tmp_path_factory):
    return trained(order, tmp_path_factory.mktemp("plain") / "adapter")


@pytest.mark.parametrize("tokens", [None, 30])
def test_fused_training_is_the_padded_one(order, plain, tmp_path, tokens):
    weights, curve, record = trained(order, tmp_path, {"layers": "fused", "tokens": tokens})
    assert record["found"]["passes"]["way"] == "fused"
    assert record["found"]["passes"]["passes_a_step"] == (1 if tokens is None else 4)
    for line, expected in zip(curve, plain[1], strict=True):
        assert line.keys() == expected.keys()
        for name in ("loss", "eval_loss", "grad_norm"):
            if name in line:
                assert line[name] == pytest.approx(expected[name], rel=1e-4)
        assert line.get("tokens") == expected.get("tokens")
    for name, weight in weights.items():
        torch.testing.assert_close(weight, plain[0][name], rtol=1e-3, atol=1e-4)


def test_a_recipe_that_names_max_length_without_packing_trains_fused(order, plain, tmp_path):
    weights, _, record = trained(order, tmp_path, {"layers": "fused"}, max_length=2048)
    assert record["found"]["passes"]["way"] == "fused"
    for name, weight in weights.items():
        torch.testing.assert_close(weight, plain[0][name], rtol=1e-3, atol=1e-4)


def test_packed_rows_learn_what_they_would_alone(order, tmp_path):
    """One pack a step, through transformers' own layers and through the fused ones: the same rows, the same loss."""
    own = trained(
        order, tmp_path / "own", {"layers": "plain"}, packing=True, max_length=120, per_device_train_batch_size=2
    )
    fused = trained(
        order, tmp_path / "fused", {"layers": "fused"}, packing=True, max_length=120, per_device_train_batch_size=2
    )
    assert own[2]["found"]["passes"]["way"] == "packed"
    for line, expected in zip(fused[1], own[1], strict=True):
        if "loss" in line:
            assert line["loss"] == pytest.approx(expected["loss"], rel=1e-4)
            assert line["tokens"] == expected["tokens"]


def test_a_pack_is_as_long_as_the_longest_row_needs(order, tmp_path):
    _, _, record = trained(order, tmp_path, {"layers": "fused"}, packing=True, max_length=None)
    assert record["found"]["passes"]["way"] == "fused"


@pytest.mark.slow
def test_a_fused_training_that_is_resumed_sees_the_same_batches(order, tmp_path):
    whole, curve, _ = trained(order, tmp_path / "whole", {"layers": "fused"})
    trained(order, tmp_path / "half", {"layers": "fused"})
    # as a run killed after step 2 leaves it: see test_training for the killing itself
    import shutil

    from kotune.training import checkpoints

    kept = {}
    clear = checkpoints.clear
    try:
        checkpoints.clear = lambda folder: kept.update({"folder": folder})
        trained(order, tmp_path / "again", {"layers": "fused"})
    finally:
        checkpoints.clear = clear
    shutil.rmtree(tmp_path / "again" / "checkpoint-4")
    (tmp_path / "again" / "adapter_model.safetensors").unlink()
    resumed, resumed_curve, record = trained(order, tmp_path / "again", {"layers": "fused"})
    assert record["found"]["resumed_from"] == 2
    assert resumed_curve == curve
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_the_way_follows_model_recipe_and_device():
    recipe = {"lora": {"target_modules": ALL}, "trainer": {}}
    assert ways.choose(recipe, LLAMA, "cpu").name == "padded"
    assert ways.choose(recipe, LLAMA, "cuda").name == "fused"
    assert ways.choose({**recipe, "passes": {"layers": "plain"}}, LLAMA, "cuda").name == "padded"
    packing = {**recipe, "trainer": {"packing": True}}
    assert ways.choose(packing, LLAMA, "cpu").name == "packed"
    gemma = ways.choose(packing, GEMMA2, "cuda")
    assert (gemma.name, gemma.attention) == ("packed", ways.NAME)
    assert any("Gemma2ForCausalLM" in note for note in gemma.notes)
    plain = ways.choose({**packing, "passes": {"layers": "plain"}}, LLAMA, "cuda")
    assert plain.attention == ways.NAME


def test_what_cannot_be_is_refused_in_one_line():
    recipe = {"lora": {"target_modules": ALL}, "trainer": {}}
    with pytest.raises(UserError, match="passes.layers: fused layers are not possible: Gemma2ForCausalLM"):
        ways.choose({**recipe, "passes": {"layers": "fused"}}, GEMMA2, "cpu")


WIDTHS = passes.Widths(layers=28, hidden=3072, joint=5120, attended=3072, inner=8192, vocabulary=128256)


@pytest.mark.slow
def test_a_pass_that_memory_cannot_hold_is_tried_again_with_less_kept(monkeypatch):
    tried = []

    class Model:
        def loss(self, batch, room):
            tried.append(room)
            if len(tried) < 3:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return torch.zeros(())

    loss = ways.FusedLoss.__new__(ways.FusedLoss)
    loss.model, loss.widths, loss.free, loss.rooms = Model(), WIDTHS, 20 * passes.GIB, {}
    ids = torch.zeros(1, 8192, dtype=torch.long)
    inputs = {"cu_seq_lens_q": torch.tensor([0, 8192]), "max_length_q": 8192}
    loss({**inputs, "input_ids": ids, "position_ids": ids, "labels": ids})
    assert tried[0].kept_layers is None and tried[2].kept_layers < 28
    assert sum(loss.rooms.values()) == 1 and loss.free == pytest.approx(20 * passes.GIB * ways.LESS**2)
    Model.loss = lambda self, batch, room: (_ for _ in ()).throw(torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(torch.OutOfMemoryError):
        loss({**inputs, "input_ids": ids, "position_ids": ids, "labels": ids})
