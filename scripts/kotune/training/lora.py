"""LoRA: a recipe's `lora`, with the rank `r` among it, as peft's LoraConfig for a loaded model.

Reads and writes nothing. Every argument is passed under its own name; an unknown one is answered with the nearest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json

if TYPE_CHECKING:
    from peft import LoraConfig
    from transformers import PreTrainedModel


def check_lora(settings: Json) -> None:
    """Raise UserError for a `lora` key that peft does not know."""
    import inspect

    from peft import LoraConfig

    known = list(inspect.signature(LoraConfig).parameters)
    for key in settings:
        if key not in known:
            raise UserError(f"recipe.lora: peft's LoraConfig has no argument '{key}'{nearest(key, known)}")


def lora_config(settings: Json, model: PreTrainedModel) -> LoraConfig:
    """Return peft's LoraConfig; each target module must exist in the model (peft itself asks for one of them only)."""
    import torch
    from peft import LoraConfig

    check_lora(settings)
    targets = settings.get("target_modules")
    if isinstance(targets, list):
        linear = {name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
        for target in targets:
            if not any(name == target or name.endswith(f".{target}") for name in linear):
                known = {name.rsplit(".", 1)[-1] for name in linear}
                raise UserError(
                    f"recipe.lora.target_modules: the model has no layer '{target}'{nearest(target, known)}"
                )
        settings = {**settings, "target_modules": sorted(targets)}
    try:
        return LoraConfig(**{"task_type": "CAUSAL_LM", **settings})
    except (TypeError, ValueError) as error:
        raise UserError(f"recipe.lora: {error}") from error
