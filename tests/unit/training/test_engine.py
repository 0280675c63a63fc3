"""Which engine trains: as the recipe asks where that can be, else with the reason; Unsloth has a Python of its own."""

import os
import sys
from pathlib import Path

import pytest

from kotune.core import gpu_pool
from kotune.core.errors import UserError
from kotune.training import engine

RECIPE = {"lora": {"r": 16, "target_modules": ["q_proj"]}, "quantization": None, "trainer": {"bf16": True}}
GPU, CPU = {"device": "auto"}, {"device": "cpu"}


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """A Python that is said to have Unsloth, and a card."""
    python = tmp_path / "python"
    python.touch()
    monkeypatch.setenv(engine.PYTHON, str(python))
    monkeypatch.setattr(gpu_pool, "visible", lambda: ["0"])
    return python


def asking(name, **changes):
    return {**RECIPE, "engine": name, **changes}


def test_a_recipe_that_says_nothing_is_trained_by_trl(installed):
    assert engine.chosen(RECIPE, GPU) == ("trl", [])
    assert engine.modules_named(RECIPE) == []


def test_unsloth_trains_where_it_is_and_there_is_a_card(installed):
    assert engine.chosen(asking("unsloth"), GPU) == ("unsloth", [])
    assert engine.chosen(asking("auto"), GPU) == ("unsloth", [])
    assert engine.modules_named(asking("auto")) == ["kotune.training.engines.unsloth"]


def test_what_is_not_there_is_said_by_auto_and_refused_by_unsloth(installed, monkeypatch, tmp_path):
    reason = "its kernels are written for CUDA GPUs, and compute.device of the scale is cpu"
    assert engine.chosen(asking("auto"), CPU) == ("trl", [f"not by Unsloth: {reason}"])
    with pytest.raises(UserError, match=f"recipe, engine: unsloth cannot train here: {reason}; or set it to auto"):
        engine.chosen(asking("unsloth"), CPU)
    monkeypatch.setattr(gpu_pool, "visible", list)
    assert engine.chosen(asking("auto"), GPU)[1] == ["not by Unsloth: there is no CUDA GPU"]
    with pytest.raises(UserError, match="there is no CUDA GPU"):
        engine.chosen(asking("unsloth"), GPU)
    monkeypatch.delenv(engine.PYTHON)
    monkeypatch.setattr(engine, "PLACE", tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"not installed; install it by requirements-unsloth\.txt into \.venv-unsloth"):
        engine.check(asking("unsloth"), GPU, "recipe")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"method": "dpo"}, "the method 'sft' only"),
        ({"cards": 2}, "it sees one card"),
        ({"redraw": {"seed": 1, "parts": {"a": 0.5}}}, "it sees the same rows in each epoch"),
        ({"trainer": {}}, "neither trainer.bf16 nor trainer.fp16"),
        ({"trainer": {"bf16": True, "use_liger_kernel": True}}, "kernels of its own"),
        ({"watch": {"samples": 3}}, "does not answer while it trains"),
        ({"lora": {**RECIPE["lora"], "init_lora_weights": "pissa"}}, "not handed lora.init_lora_weights"),
        ({"quantization": {"load_in_8bit": True}}, "not handed quantization.load_in_8bit"),
    ],
)
def test_what_unsloth_cannot_do_is_named(installed, changes, why):
    with pytest.raises(UserError, match=why):
        engine.chosen(asking("unsloth", **changes), GPU)
    chosen, (note,) = engine.chosen(asking("auto", **changes), GPU)
    assert chosen == "trl"
    assert why in note


def test_no_training_goes_on_from_another_adapter_by_unsloth(installed):
    assert engine.chosen(asking("auto"), GPU, Path("adapter")) == (
        "trl",
        ["not by Unsloth: it starts no training from another adapter"],
    )


def test_a_python_that_is_not_there_and_an_unknown_engine_are_named(monkeypatch):
    monkeypatch.setenv(engine.PYTHON, "/no/such/python")
    with pytest.raises(UserError, match="KOTUNE_UNSLOTH_PYTHON: there is no '/no/such/python'"):
        engine.own_python()
    with pytest.raises(UserError, match=r"recipe.engine: unknown 'unslot'; did you mean 'unsloth'\?"):
        engine.wanted(asking("unslot"))


def test_a_training_becomes_the_python_that_has_unsloth(installed, monkeypatch, tmp_path):
    called = []
    monkeypatch.setattr(os, "execve", lambda *given: called.append(given))
    script = tmp_path / "train_adapter.py"
    engine.hand_over("trl", script, ["--seed", "1"])
    assert called == []
    engine.hand_over("unsloth", script, ["--seed", "1"])
    ((python, command, environment),) = called
    assert python == installed
    assert command == [str(installed), str(script), "--seed", "1"]
    monkeypatch.setenv(engine.HANDED_OVER, environment[engine.HANDED_OVER])
    with pytest.raises(UserError, match=f"{sys.executable}: has no Unsloth"):
        engine.hand_over("unsloth", script, [])
