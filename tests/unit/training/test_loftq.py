"""An adapter that begins by LoftQ, on a CPU that peft is made to take for a GPU; tests/gpu has the same for a GPU."""

import pytest
import torch
from small_model import NF4, SETTINGS

from kotune.core.errors import UserError
from kotune.core.storage import write_json
from kotune.models import random_weights
from kotune.training.loftq import begin, check
from kotune.training.lora import lora_config

LAYERS = ["q_proj", "down_proj"]
SMALL = {**SETTINGS, "shape": {**SETTINGS["shape"], "num_hidden_layers": 1}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = random_weights.load_model(SMALL, None, {"device": "cpu", "threads": 2}).model
    path = tmp_path_factory.mktemp("base")
    made.save_pretrained(path)
    return path


@pytest.fixture
def no_gpu_needed(monkeypatch):
    own = torch.Tensor.to

    def to(tensor, *given, **named):
        return own(tensor, *given, **{**named, **({"device": "cpu"} if named.get("device") == "cuda" else {})})

    monkeypatch.setattr(torch.Tensor, "to", to)


@pytest.mark.parametrize("lora", [{"lora_alpha": 8}, {"lora_alpha": 8, "use_rslora": True}])
def test_with_the_adapter_each_weight_is_nearer_to_what_it_was_at_any_scaling(folder, no_gpu_needed, lora):
    import bitsandbytes as bnb
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    whole = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    quantized = BitsAndBytesConfig(**{**NF4, "bnb_4bit_compute_dtype": "float32"})
    base = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, quantization_config=quantized, device_map={"": "cpu"}
    )
    settings = {"r": 8, "target_modules": LAYERS, "init_lora_weights": "loftq", **lora}
    model = get_peft_model(base, lora_config(settings, base))
    before = {name: one.detach().clone() for name, one in model.named_parameters() if "lora" not in name}
    begin(model, str(folder))
    after = dict(model.named_parameters())
    assert all(torch.equal(one, after[name]) for name, one in before.items()), "the base is as it was"
    for name in ("self_attn.q_proj", "mlp.down_proj"):
        layer = model.get_submodule(f"base_model.model.model.layers.0.{name}")
        kept = bnb.functional.dequantize_4bit(layer.weight.data, layer.weight.quant_state).float()
        lost = whole.get_submodule(f"model.layers.0.{name}").weight.float() - kept
        assert (lost - layer.get_delta_weight("default")).norm() < 0.99 * lost.norm()


def test_loftq_needs_cuda_and_a_base_that_lost_nothing(tmp_path):
    loftq = {"init_lora_weights": "loftq"}
    check({}, "cpu")
    with pytest.raises(UserError, match="'loftq' needs a CUDA GPU .* leave the arm out at this scale"):
        check(loftq, "cpu")
    write_json(tmp_path / "config.json", {"model_type": "llama"})
    check(loftq, "cuda", tmp_path)
    write_json(tmp_path / "config.json", {"model_type": "llama", "quantization_config": {"load_in_4bit": True}})
    with pytest.raises(UserError, match="is stored quantized"):
        check(loftq, "cuda", tmp_path)
