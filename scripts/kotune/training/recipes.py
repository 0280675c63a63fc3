"""Recipes: turn peft's, bitsandbytes' and TRL's arguments, as a recipe holds them, into their configuration objects.

Reads and writes nothing. Every argument is passed under its own name; an unknown one is answered with the nearest.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json

if TYPE_CHECKING:
    from peft import LoraConfig
    from transformers import PreTrainedModel
    from trl import SFTConfig

# SFTConfig's arguments that the house sets itself, and why a recipe cannot.
OWNED = {
    "output_dir": "the rule decides where an adapter lies",
    "seed": "it comes from `seeds` in config/config.yaml",
    "data_seed": "it comes from `seeds` in config/config.yaml",
    "use_cpu": "it comes from `compute.device` of the scale",
    "report_to": "it comes from `tracking`",
    "run_name": "it is made from model, arm and seed",
    "disable_tqdm": "progress is said line by line",
    "logging_strategy": "the curve goes by steps; set logging_steps",
    "save_strategy": "a killed training continues from its checkpoints; set save_steps",
    "save_only_model": "a killed training could not continue",
    "resume_from_checkpoint": "a killed training continues by itself",
    "load_best_model_at_end": "the adapter is the one of the last step, or the best one by `watch.best` of the recipe",
    "logging_nan_inf_filter": "a loss that is not a number must be seen",
    "completion_only_loss": "`loss` of the recipe says where the loss is: completion (stop token included) or all",
    "assistant_only_loss": "`loss` of the recipe says where the loss is: completion (stop token included) or all",
    "dataset_text_field": "prompts are rendered and tokenised by the house",
    "dataset_kwargs": "prompts are rendered and tokenised by the house",
    "chat_template_path": "prompts are rendered and tokenised by the house",
    "eos_token": "the family's stop token ends a completion",
    "pad_token": "it comes from the family",
    "model_init_kwargs": "set them in config/models.yaml",
    "trust_remote_code": "set it in config/models.yaml",
    "push_to_hub": "nothing is published by a run",
}


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


def _check_device(trainer: Json, device: str) -> None:
    """Raise UserError for what a CPU cannot do; the scale's `trainer` overrides are the place to say otherwise."""
    if device != "cpu":
        return
    place = "override it under `trainer` in the scale's file (config/scales/)"
    optimizer = str(trainer.get("optim", ""))
    if optimizer.startswith("paged_"):
        raise UserError(
            f"recipe.trainer.optim: '{optimizer}' pages its state out of a GPU and there is none; {place}, "
            "with adamw_torch for one"
        )
    for key in ("fp16", "tf32"):
        if trainer.get(key):
            raise UserError(f"recipe.trainer.{key}: there is no CUDA GPU, and a CPU cannot do it; {place}, as false")


def trainer_config(trainer: Json, folder: Path, seed: int, device: str, evaluate: bool) -> SFTConfig:
    """Return TRL's SFTConfig for a recipe's `trainer` arguments, passed verbatim, with the house's own beside them.

    ``evaluate``: whether there are rows to evaluate on. TRL's own defaults hold where neither says anything, but on a
    CPU bfloat16 and gradient checkpointing are off (they are 100 and 1.4 times slower there), and rows are never cut.
    """
    from trl import SFTConfig

    known = [field.name for field in dataclasses.fields(SFTConfig) if field.init]
    for key in trainer:
        if key in OWNED or key.startswith("hub_"):
            raise UserError(f"recipe.trainer.{key}: a recipe cannot set it: {OWNED.get(key, OWNED['push_to_hub'])}")
        if key not in known:
            raise UserError(f"recipe.trainer: TRL's SFTConfig has no argument '{key}'{nearest(key, known)}")
    _check_device(trainer, device)
    if trainer.get("eval_strategy", "no") != "no" and not evaluate:
        raise UserError("recipe.trainer.eval_strategy: there are no rows to evaluate on; give --valid or set it to no")
    if trainer.get("eval_on_start") and trainer.get("eval_strategy", "no") == "no":
        raise UserError(
            "recipe.trainer.eval_on_start: eval_strategy is no; set it to steps, or leave eval_on_start out"
        )
    house: dict[str, Any] = {"save_total_limit": 2, "max_length": None}
    if device == "cpu":
        house |= {"bf16": False, "gradient_checkpointing": False, "dataloader_pin_memory": False}
    owned: dict[str, Any] = {
        "output_dir": str(folder),
        "seed": seed,
        "use_cpu": device == "cpu",
        "report_to": "none",
        "disable_tqdm": True,
        "logging_strategy": "steps",
        "save_strategy": "steps",
        "logging_nan_inf_filter": False,
        "completion_only_loss": True,  # where the mask is; it is everywhere for `loss: all`
    }
    try:
        config = SFTConfig(**{**house, **trainer, **owned})
    except (TypeError, ValueError) as error:
        raise UserError(f"recipe.trainer: {error}") from error
    logging, saving = config.logging_steps, config.save_steps
    if logging >= 1 and saving >= 1 and saving % logging:
        raise UserError(
            f"recipe.trainer.save_steps: {saving:g} is no multiple of logging_steps {logging:g}, so a resumed "
            "training's curve would differ; make it one"
        )
    return config
