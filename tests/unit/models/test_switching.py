"""Adapters take turns on one base; each answers as if it were alone, and the base as if there were none."""

import pytest
import torch

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.models import switching

STAND_IN = ROOT / "resources/mini/models/tiny-llama3"


def base():
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(STAND_IN, dtype=torch.float32).eval()


def adapter(folder, seed: int, **settings):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    lora = {"r": 2 + seed, "target_modules": ["q_proj"], "init_lora_weights": False, **settings}
    get_peft_model(base(), LoraConfig(**lora)).save_pretrained(folder)
    return folder


def logits(model):
    with torch.no_grad():
        return model(input_ids=torch.tensor([[5, 6, 7, 8]])).logits


def test_each_adapter_is_as_if_it_were_alone(tmp_path):
    folders = [adapter(tmp_path / str(seed), seed) for seed in (1, 2, 3)]
    alone = [logits(switching.switched_to(base(), folder, "base")) for folder in folders]
    model = base()
    plain = logits(model)
    for folder, wanted in zip(folders, alone, strict=True):
        model = switching.switched_to(model, folder, "base")
        assert torch.equal(logits(model), wanted)
        with switching.switched_off(model):
            assert torch.equal(logits(model), plain)
        assert len(model.peft_config) == 1, "the adapter before is let go"
    with switching.switched_off(base()):
        pass


def test_an_adapter_that_does_not_fit_is_refused_in_one_line(tmp_path):
    model = switching.switched_to(base(), adapter(tmp_path / "one", 1), "base")
    other = adapter(tmp_path / "other", 2)
    config = other / "adapter_config.json"
    config.write_text(config.read_text().replace("q_proj", "no_such_layer"), encoding="utf-8")
    with pytest.raises(UserError, match="the adapter does not fit base"):
        switching.switched_to(model, other, "base")
