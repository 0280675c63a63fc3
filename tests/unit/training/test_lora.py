"""A recipe's LoRA reaches peft as it is written; what the model has not is named with the nearest."""

import pytest
import torch

from kotune.core.errors import UserError
from kotune.training.lora import check_lora, lora_config


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
