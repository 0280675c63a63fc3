"""Recipes: turn a method's trainer arguments, as a recipe holds them, into its configuration object (TRL's).

Reads and writes nothing. Every argument is passed under its own name; an unknown one is answered with the nearest.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.training.method import Method, method_of

if TYPE_CHECKING:
    from transformers import TrainingArguments

# Arguments that kotune sets itself for every method, and why a recipe cannot.
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
    "model_init_kwargs": "set them in config/models.yaml",
    "trust_remote_code": "set it in config/models.yaml",
    "push_to_hub": "nothing is published by a run",
}


def check_device(trainer: Json, device: str) -> None:
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
            raise UserError(
                f"recipe.trainer.{key}: there is no CUDA GPU, and a CPU cannot do it; {place}, as false, "
                "or leave the arm out at this scale where its recipe `keeps` it"
            )


def _check_names(trainer: Json, method: Method, known: list[str]) -> None:
    """Raise UserError for an argument that a recipe cannot set, or that the method's class does not have."""
    owned = {**OWNED, **method.OWNED}
    for key in trainer:
        if key in owned or key.startswith("hub_"):
            raise UserError(f"recipe.trainer.{key}: a recipe cannot set it: {owned.get(key, OWNED['push_to_hub'])}")
        if key not in known:
            name = method.config_class().__name__
            raise UserError(f"recipe.trainer: TRL's {name} has no argument '{key}'{nearest(key, known)}")


def _check_evaluations(trainer: Json, evaluate: bool) -> None:
    """Raise UserError for evaluations that have no rows, or none of which is asked for."""
    asked = trainer.get("eval_strategy", "no") != "no"
    if asked and not evaluate:
        raise UserError("recipe.trainer.eval_strategy: there are no rows to evaluate on; give --valid or set it to no")
    if trainer.get("eval_on_start") and not asked:
        raise UserError(
            "recipe.trainer.eval_on_start: eval_strategy is no; set it to steps, or leave eval_on_start out"
        )


def _check_saving(config: TrainingArguments) -> None:
    """Raise UserError where a checkpoint would lie between two lines of the curve."""
    logging, saving = config.logging_steps, config.save_steps
    if logging >= 1 and saving >= 1 and saving % logging:
        raise UserError(
            f"recipe.trainer.save_steps: {saving:g} is no multiple of logging_steps {logging:g}, so a resumed "
            "training's curve would differ; make it one"
        )


def trainer_config(recipe: Json, folder: Path, seed: int, device: str, evaluate: bool) -> TrainingArguments:
    """Return the configuration of a recipe's method: its `trainer`, passed verbatim, with kotune's own added.

    ``evaluate``: whether there are rows to evaluate on. TRL's own defaults hold where neither says anything, but on a
    CPU bfloat16 and gradient checkpointing are off (they are 100 and 1.4 times slower there).
    """
    method, trainer = method_of(recipe), recipe["trainer"]
    made = method.config_class()
    _check_names(trainer, method, [field.name for field in dataclasses.fields(made) if field.init])
    check_device(trainer, device)
    _check_evaluations(trainer, evaluate)
    house: dict[str, Any] = {"save_total_limit": 2, **method.DEFAULTS}
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
        **method.fixed(recipe),
    }
    try:
        config = made(**{**house, **trainer, **owned})
    except (TypeError, ValueError) as error:
        raise UserError(f"recipe.trainer: {error}") from error
    _check_saving(config)
    return config
