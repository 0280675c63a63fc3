"""A training that starts from an adapter: at that adapter's loss, in float32, of the same base and the same form."""

import dataclasses

import orders
import pytest
from safetensors.torch import load_file
from tiny_model import RECIPE, make_model

from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl, sha256_of
from kotune.models import loading
from kotune.training import method, recipes
from kotune.training.build import build, run
from kotune.training.counts import Counts
from kotune.training.order import fingerprints
from kotune.training.train import train

EVALUATED = {"max_steps": 4, "save_steps": 4, "logging_steps": 2, "eval_strategy": "steps", "eval_steps": 4}


def changed(order, folder, lora=None, **trainer):
    recipe = {**order.recipe, "trainer": {**order.recipe["trainer"], **trainer}}
    return dataclasses.replace(order, folder=folder, recipe=recipe | {"lora": {**recipe["lora"], **(lora or {})}})


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The order of a training that starts from nothing, done."""
    recipe = {**RECIPE, "method": "sft", "trainer": {**RECIPE["trainer"], **EVALUATED}}
    order = orders.training(tmp_path_factory.mktemp("first"), 12, recipe=recipe)
    train(order)
    return order


@pytest.fixture
def second(first, tmp_path):
    """The order of a training that goes on from the first one's adapter."""
    return dataclasses.replace(changed(first, tmp_path / "run", eval_on_start=True), adapter=first.folder)


def evaluated(folder):
    return {line["step"]: line["eval_loss"] for line in read_jsonl(folder / "curve.jsonl") if "eval_loss" in line}


def test_it_starts_at_the_loss_of_that_adapter(first, second):
    train(second)
    assert evaluated(second.folder)[0] == evaluated(first.folder)[4], "to the last digit"
    assert evaluated(second.folder)[4] < evaluated(second.folder)[0]
    weights = load_file(second.folder / "adapter_model.safetensors")
    assert weights.keys() == load_file(first.folder / "adapter_model.safetensors").keys()
    config = read_json(second.folder / "adapter_config.json")
    assert config == read_json(first.folder / "adapter_config.json")
    files = read_json(second.folder / "record.json")["with"]["files"]
    assert files["from"]["sha256"] == sha256_of(first.folder / "adapter_model.safetensors")


def test_its_weights_are_trained_in_float32_under_the_name_default(second):
    config = recipes.trainer_config(second.recipe, second.folder, 42, "cpu", True)
    tokenizer = loading.load_tokenizer(second.model)
    rows = method.method_of(second.recipe).read_rows(second.recipe, {"train": second.prompts}, tokenizer, config)
    model = build(
        second, dataclasses.replace(config, eval_strategy="no"), rows, tokenizer, Counts(), "cpu"
    ).trainer.model
    assert list(model.peft_config) == ["default"]
    tuned = {name: one for name, one in model.named_parameters() if one.requires_grad}
    assert {str(one.dtype) for one in tuned.values()} == {"torch.float32"}
    assert len(tuned) == len(load_file(second.adapter / "adapter_model.safetensors"))


@pytest.mark.parametrize("packing", [False, True], ids=["padded", "packed"])
def test_an_adapter_on_a_four_bit_base_moves_at_a_small_rate(first, tmp_path, monkeypatch, packing):
    load = loading.load_model

    def as_on_a_gpu(*args):
        loaded = load(*args)
        loaded.model.is_loaded_in_4bit = True  # for which TRL makes the adapter bfloat16
        return loaded

    monkeypatch.setattr(loading, "load_model", as_on_a_gpu)
    pack = {"packing": True, "max_length": 256} if packing else {}
    order = changed(first, tmp_path / "run", learning_rate=2e-5, max_steps=3, eval_strategy="no", **pack)
    config = recipes.trainer_config(order.recipe, order.folder, 42, "cpu", False)
    tokenizer = loading.load_tokenizer(order.model)
    rows = method.method_of(order.recipe).read_rows(order.recipe, {"train": order.prompts}, tokenizer, config)
    built = build(order, config, rows, tokenizer, Counts(), "cpu")
    tuned = {name: one for name, one in built.trainer.model.named_parameters() if one.requires_grad}
    before = {name: one.detach().clone() for name, one in tuned.items()}
    assert {str(one.dtype) for one in before.values()} == {"torch.float32"}
    run(built.trainer, None, order.folder)
    moved = sum(int((tuned[name] != one).sum()) for name, one in before.items())
    assert moved > 0.98 * sum(one.numel() for one in before.values())


def test_a_checkpoint_is_of_the_adapter_that_it_started_from(first, second, tmp_path):
    other = changed(first, tmp_path / "other", max_steps=2, save_steps=2, eval_steps=2)
    train(other)
    asked = [fingerprints(one, {}, []) for one in (second, dataclasses.replace(second, adapter=other.folder))]
    assert [name for name in asked[0] if asked[0][name] != asked[1][name]] == ["adapter"]
    assert "adapter" not in fingerprints(first, {}, [])


def test_another_form_is_one_clear_error(second, tmp_path):
    with pytest.raises(
        UserError, match=r"recipe.lora.r: 8, but the adapter that the training starts from .* has 4; both"
    ):
        train(changed(second, tmp_path / "run", {"r": 8}))
    with pytest.raises(UserError, match=r"recipe.lora.target_modules: \['q_proj'\], but .* has \['down_proj', "):
        train(changed(second, tmp_path / "run", {"target_modules": ["q_proj"]}))


def test_an_adapter_that_is_not_there_or_of_another_base(second, tmp_path):
    with pytest.raises(UserError, match="adapter_config.json is missing; train the adapter first"):
        train(dataclasses.replace(second, adapter=tmp_path))
    other = make_model(tmp_path / "model", "qwen2")
    with pytest.raises(UserError, match="tuned on other weights than .*model holds; train it again"):
        train(dataclasses.replace(second, model=other))
