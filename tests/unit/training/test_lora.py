"""A recipe's LoRA reaches peft as it is written; what the model has not is named with the nearest."""

from types import SimpleNamespace

import pytest
import torch

from kotune.core.errors import UserError
from kotune.training.lora import check_lora, fault_of, lora_config


class Model(torch.nn.Module):
    """A model with two projections."""

    def __init__(self):
        super().__init__()
        self.q_proj, self.v_proj = torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)


def test_lora_reaches_peft_as_it_is_written():
    made = lora_config({"r": 6, "lora_alpha": 8, "target_modules": ["v_proj", "q_proj"]}, Model())
    assert (made.r, made.lora_alpha, made.task_type) == (6, 8, "CAUSAL_LM")
    assert sorted(made.target_modules) == ["q_proj", "v_proj"]
    with pytest.raises(UserError, match="recipe.lora.target_modules: the model has no layer 'k_proj'"):
        lora_config({"r": 6, "target_modules": ["k_proj"]}, Model())
    with pytest.raises(UserError, match="recipe.lora: peft's LoraConfig has no argument 'lora_alfa'; did you mean"):
        check_lora({"lora_alfa": 8})


NF4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}


@pytest.mark.parametrize(
    ("settings", "quantization", "fault"),
    [
        ({"init_lora_weights": "pissa_niter_4"}, NF4, "init_lora_weights: 'pissa_niter_4' begins with other numbers"),
        ({"init_lora_weights": "olora"}, None, "init_lora_weights: 'olora' is not supported"),
        ({"init_lora_weights": "loft"}, NF4, "'loft' is not one of true, gaussian, loftq; did you mean 'loftq'"),
        ({"init_lora_weights": False}, None, "init_lora_weights: False is not one of true"),
        ({"init_lora_weights": "loftq"}, None, "set quantization.load_in_4bit"),
        ({"init_lora_weights": "loftq"}, {"load_in_4bit": True, "bnb_4bit_quant_type": "fp4"}, "bnb_4bit_quant_type"),
        ({"ensure_weight_tying": True}, None, "ensure_weight_tying: with it peft 0.21 adds .* twice"),
    ],
)  # fmt: skip
def test_a_beginning_that_no_adapter_can_have_is_named(settings, quantization, fault):
    import re

    assert re.match(f".*{fault}", fault_of(settings, quantization))


def test_other_beginnings_pass():
    for settings in ({}, {"init_lora_weights": True}, {"init_lora_weights": "gaussian"}, {"use_rslora": True}):
        assert fault_of(settings, None) is None
    assert fault_of({"init_lora_weights": "loftq"}, NF4) is None


def test_an_adapter_that_begins_by_loftq_is_read_again_as_any_other():
    made = lora_config({"r": 6, "target_modules": ["q_proj"], "init_lora_weights": "loftq"}, Model())
    assert made.init_lora_weights is True


def test_no_adapter_is_put_on_tied_embeddings():
    model = Model()
    model.lm_head = torch.nn.Linear(4, 4)
    lora_config({"r": 6, "target_modules": ["lm_head"]}, model)
    model.config = SimpleNamespace(tie_word_embeddings=True)
    with pytest.raises(UserError, match="the model has its embeddings tied, so that 'lm_head' is input and output"):
        lora_config({"r": 6, "target_modules": ["lm_head"]}, model)
