"""A training of the small model on random rows, through kotune's own training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from small_model import NF4, SETTINGS

from kotune.models import loading, random_weights
from kotune.prompts import encoding
from kotune.training import recipes
from kotune.training.build import build, run
from kotune.training.counts import Counts
from kotune.training.method import Built
from kotune.training.order import Order

LENGTHS = tuple(150 + 37 * place % 400 for place in range(24))
ANSWER = 20  # tokens that are learned of a row
LORA = {"r": 8, "lora_alpha": 16, "lora_dropout": 0.0, "target_modules": ["q_proj", "v_proj", "down_proj"]}


def built(
    folder: Path,
    passes: dict[str, Any],
    trainer: dict[str, Any],
    quantization: dict[str, Any] | None = NF4,
    lengths: tuple[int, ...] = LENGTHS,
    model: dict[str, Any] = SETTINGS,
) -> Built:
    """Return the trainer, which has not begun; ``lengths``: tokens of each row's prompt."""
    generator = torch.Generator().manual_seed(1)
    ids = [torch.randint(3, 2000, (length + ANSWER,), generator=generator).tolist() for length in lengths]
    asked = {
        "learning_rate": 1e-3, "lr_scheduler_type": "constant", "optim": "adamw_torch_fused", "bf16": True,
        "per_device_train_batch_size": 24, "gradient_accumulation_steps": 1, "max_steps": 4, "logging_steps": 1,
        "save_steps": 2, **trainer,
    }  # fmt: skip
    recipe = {"lora": LORA, "quantization": quantization, "trainer": asked, "passes": passes}
    compute = {"device": "auto", "threads": 2}
    device = loading.set_up_torch(compute)
    order = Order(
        model=model, recipe=recipe, prompts=folder, valid=None, seed=42, compute=compute,
        tracking={"mode": "disabled"}, folder=folder, label="small",
    )  # fmt: skip
    config = recipes.trainer_config({"trainer": asked}, folder, 42, device, evaluate=False)
    names = [f"row {place}" for place in range(len(lengths))]
    rows = encoding.Rows(ids, [[0] * length + [1] * ANSWER for length in lengths], {}, None, names)
    tokenizer = random_weights.load_tokenizer(model)
    return build(order, config, {"train": rows}, tokenizer, Counts(), device, random_weights)


def trained(
    folder: Path, passes: dict[str, Any], trainer: dict[str, Any], checkpoint: int | None = None, **more: Any
) -> tuple[dict[int, float], Built]:
    """Train; return the losses by step, and the trainer. ``more``: see `built`."""
    made = built(folder, passes, trainer, **more)
    run(made.trainer, folder / f"checkpoint-{checkpoint}" if checkpoint else None, folder)
    return {line["step"]: line["loss"] for line in made.trainer.state.log_history if "loss" in line}, made
