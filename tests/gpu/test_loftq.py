"""LoftQ on a GPU: an adapter that begins with what NF4 has lost, for a base that anybody loads in NF4."""

import pytest
import torch
from small_model import NF4, SETTINGS

from kotune.models import loading, random_weights
from kotune.training.loftq import begin
from kotune.training.lora import lora_config

LORA = {"r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "down_proj"], "init_lora_weights": "loftq"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = random_weights.load_model(SETTINGS, None, {"device": "auto", "threads": 2}).model
    path = tmp_path_factory.mktemp("base")
    made.save_pretrained(path)
    return path


def test_with_the_adapter_each_weight_is_nearer_to_what_it_was(folder):
    from peft import get_peft_model

    given = {**SETTINGS, "path": str(folder)}
    whole = loading.load_model(given, None, {"device": "auto", "threads": 2}).model
    base = loading.load_model(given, NF4, {"device": "auto", "threads": 2}).model
    model = get_peft_model(base, lora_config(LORA, base))
    before = {name: one.detach().clone() for name, one in model.named_parameters() if "lora" not in name}
    begin(model, str(folder))
    after = dict(model.named_parameters())
    assert all(torch.equal(one, after[name]) for name, one in before.items())  # the base is as it was
    assert {one.dtype for one in after.values() if one.requires_grad} == {torch.float32}
    looked = 0
    for name, module in model.named_modules():
        if hasattr(module, "lora_A") and hasattr(module, "get_delta_weight"):
            import bitsandbytes as bnb

            kept = bnb.functional.dequantize_4bit(module.weight.data, module.weight.quant_state).float()
            true = whole.get_submodule(name.removeprefix("base_model.model.")).weight.float()
            lost, left = (true - kept).norm(), (true - kept - module.get_delta_weight("default").float()).norm()
            assert left < 0.99 * lost
            looked += 1
    assert looked == 2 * whole.config.num_hidden_layers
