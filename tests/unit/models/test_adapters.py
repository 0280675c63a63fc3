"""An adapter that is there goes onto its own base, in its own form, and keeps every digit."""

import pytest
import torch
from peft import LoraConfig
from tuned_layers import tuned

from kotune.core.errors import UserError
from kotune.core.storage import sha256_of, write_json
from kotune.models import adapters
from kotune.training.adapter_file import adapter_tensors, write_adapter


@pytest.fixture
def folder(tmp_path):
    """An adapter that was tuned on the file `base`."""
    base = tmp_path / "base"
    base.write_text("weights")
    (tmp_path / "adapter").mkdir()
    write_adapter(tuned(), "a/base", tmp_path / "adapter")
    write_json(
        tmp_path / "adapter/record.json", {"with": {"files": {"model.safetensors": {"sha256": sha256_of(base)}}}}
    )
    return tmp_path / "adapter"


def test_an_adapter_belongs_to_the_base_that_it_was_tuned_on(folder):
    base = folder.parent / "base"
    assert adapters.weights_of(folder, "models/a", {"model.safetensors": base}) == folder / adapters.WEIGHTS
    base.write_text("other weights")
    with pytest.raises(UserError, match="tuned on other weights than models/a holds; train it again"):
        adapters.weights_of(folder, "models/a", {"model.safetensors": base})


@pytest.mark.parametrize("name", [adapters.WEIGHTS, adapters.CONFIG])
def test_an_adapter_that_is_not_whole(folder, name):
    file = folder / name
    if name == adapters.WEIGHTS:
        whole = file.read_bytes()
        file.write_bytes(whole[:-1])
        with pytest.raises(UserError, match="not a whole safetensors file .*; remove it and run again"):
            adapters.weights_of(folder, "models/a", {})
    file.unlink()
    with pytest.raises(UserError, match=f"{name} is missing; train the adapter first"):
        adapters.weights_of(folder, "models/a", {})


def test_put_on_a_base_it_is_called_default_and_may_be_trained_on(folder):
    for trainable in (False, True):
        model = adapters.put_on(tuned().unload(), folder, "models/a", trainable=trainable)
        assert list(model.peft_config) == ["default"]
        assert any(parameter.requires_grad for parameter in model.parameters()) is trainable
    expected = adapter_tensors(tuned())
    assert all(torch.equal(tensor, expected[name]) for name, tensor in adapter_tensors(model).items())


def test_what_was_cast_on_the_way_gets_its_digits_back(folder):
    model = adapters.put_on(tuned().unload(), folder, "models/a", trainable=True)
    for parameter in model.parameters():
        parameter.data = parameter.data.bfloat16().float()
    expected = adapter_tensors(tuned())
    assert not all(torch.equal(tensor, expected[name]) for name, tensor in adapter_tensors(model).items())
    adapters.copy_weights(folder, model)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in adapter_tensors(model).items())


def test_another_form_than_the_adapters_is_named_by_its_key(folder):
    same = {"r": 4, "lora_alpha": 8, "task_type": "CAUSAL_LM"}
    targets = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]
    adapters.check_same_lora(folder, LoraConfig(**same, target_modules=targets[::-1]))
    with pytest.raises(UserError, match=r"recipe.lora.target_modules: \['q_proj'\], but the adapter"):
        adapters.check_same_lora(folder, LoraConfig(**same, target_modules=["q_proj"]))
    with pytest.raises(UserError, match="recipe.lora.use_rslora: True, but .* has False"):
        adapters.check_same_lora(folder, LoraConfig(**same, target_modules=targets, use_rslora=True))


def test_an_adapter_of_another_shape_is_named_with_the_base(folder):
    import transformers

    config = transformers.LlamaConfig(
        vocab_size=97, hidden_size=16, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=64,
    )  # fmt: skip
    with pytest.raises(UserError, match="adapter: the adapter does not fit models/a: .*size mismatch"):
        adapters.put_on(transformers.LlamaForCausalLM(config), folder, "models/a")


def test_an_adapter_without_a_record_is_somebody_elses_and_is_taken(folder):
    (folder / "record.json").unlink()
    (folder.parent / "base").write_text("other weights")
    assert adapters.weights_of(folder, "models/a", {"model.safetensors": folder.parent / "base"})
