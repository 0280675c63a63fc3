"""What a training and a run of answering are asked to do with the tiny model, whose files are written for them."""

from pathlib import Path

from tiny_model import CPU, RECIPE, make_model, write_prompts

from kotune.answering.order import Order as AnsweringOrder
from kotune.training.order import Order as TrainingOrder


def training(root: Path, rows: int = 24, excluded: int | None = None, **changes) -> TrainingOrder:
    """Return the order of a training on so many rows, one of them ``excluded``; its folder is not made yet."""
    model = make_model(root / "model")
    asked = {
        "model": model,
        "recipe": RECIPE,
        "prompts": write_prompts(root / "train.parquet", model, rows, excluded=excluded),
        "valid": write_prompts(root / "valid.parquet", model, 6, seed=1),
        "seed": 42,
        "compute": CPU,
        "tracking": {"mode": "disabled"},
        "folder": root / "undisturbed",
        "label": "tiny/qlora/seed42",
    }
    return TrainingOrder(**asked | changes)


def answering(root: Path, **changes) -> AnsweringOrder:
    """Return the order of a base model's answers to 11 prompts in two splits, one of which is excluded."""
    model = make_model(root / "model")
    asked = {
        "model": model,
        "quantization": RECIPE["quantization"],
        "adapter": None,
        "prompts": [
            write_prompts(root / "valid.parquet", model, 5),
            write_prompts(root / "test.parquet", model, 6, seed=1, excluded=2),
        ],
        "generation": {"max_new_tokens": 6, "batch_size": 4, "do_sample": False},
        "compute": CPU,
        "seed": 42,
        "output": root / "base.jsonl",
        "record": root / "base.record.json",
        "label": "tiny/base/seed42",
    }
    return AnsweringOrder(**asked | changes)
