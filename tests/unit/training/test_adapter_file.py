"""The same adapter is written as the same bytes, and one that is no number is not written."""

import pytest
import torch
from safetensors.torch import load_file
from tuned_layers import tuned

from kotune.core.errors import UserError
from kotune.core.storage import read_json
from kotune.training.adapter_file import adapter_tensors, write_adapter

FILES = ("adapter_config.json", "adapter_model.safetensors")


def written(model, folder, **more):
    folder.mkdir()
    write_adapter(model, ("a/base", "0123"), folder, **more)
    return [(folder / name).read_bytes() for name in FILES]


def test_equal_adapters_give_equal_bytes(tmp_path):
    model = tuned(targets=["v_proj", "q_proj", "down_proj"])
    assert written(model, tmp_path / "one") == written(model, tmp_path / "two")
    config = read_json(tmp_path / "one/adapter_config.json")
    assert config["target_modules"] == ["down_proj", "q_proj", "v_proj"]
    assert config["base_model_name_or_path"] == "a/base" and config["revision"] == "0123" and config["inference_mode"]


def test_weights_of_an_earlier_step_may_be_written_in_place_of_the_last(tmp_path):
    model = tuned()
    earlier = adapter_tensors(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)
    written(model, tmp_path / "best", tensors=earlier)
    kept = load_file(tmp_path / "best/adapter_model.safetensors")
    assert kept.keys() == earlier.keys()
    assert all(torch.equal(kept[name], earlier[name]) for name in kept), "a copy, which later steps leave alone"


def test_weights_that_are_no_numbers_are_an_error_that_says_what_to_do(tmp_path):
    tensors = {"a.lora_A.weight": torch.tensor([1.0, float("nan")])}
    with pytest.raises(UserError, match=r"not numbers \(a.lora_A.weight\); lower trainer.learning_rate"):
        write_adapter(tuned(), ("a/base", "0123"), tmp_path, tensors)
    assert not (tmp_path / "adapter_model.safetensors").exists()


def test_peft_itself_loads_what_is_written(tmp_path):
    from peft import PeftModel

    model, ids = tuned(targets=["q_proj", "v_proj"]), torch.arange(6)[None]
    expected = model(input_ids=ids).logits
    written(model, tmp_path / "adapter")
    again = PeftModel.from_pretrained(tuned(targets=["q_proj"]).unload(), str(tmp_path / "adapter"))
    torch.testing.assert_close(again(input_ids=ids).logits, expected)
