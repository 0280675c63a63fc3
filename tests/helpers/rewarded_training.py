"""A training from rewards on the tiny model: what it is asked, with an SFT adapter to start from."""

import dataclasses

import orders
import polars

from kotune.training import train

# how long an answer is, in characters: a reward that differs from answer to answer, and runs nothing
CHARACTERS = {
    "name": "answer_chars",
    "function": "kotune.scoring.metrics.text.answer_chars",
    "gold": "answer",
    "needs": [],
    "cleanup": {},
}
TRAINER = {
    "max_steps": 4,
    "per_device_train_batch_size": 8,
    "num_generations": 4,
    "max_completion_length": 8,
    "learning_rate": 5e-3,
    "weight_decay": 0.1,
    "beta": 0.1,
    "logging_steps": 1,
    "save_steps": 2,
    "optim": "adamw_torch",
}


def order(root, method="grpo", **trainer):
    """Return the order of a training from rewards; the adapter that it starts from is trained for it."""
    learned = orders.training(root, rows=6, valid=None, folder=root / "sft")
    if not learned.folder.exists():
        recipe = {**learned.recipe, "trainer": {**learned.recipe["trainer"], "max_steps": 2}}
        train.train(dataclasses.replace(learned, recipe=recipe))
    polars.read_parquet(learned.prompts).select("id", answer="completion").write_parquet(root / "rows.parquet")
    recipe = {
        **learned.recipe,
        "method": method,
        "arguments": {"reward": "answer_chars"},
        "rewarded": CHARACTERS,
        "trainer": {**TRAINER, **trainer},
    }
    return dataclasses.replace(
        learned, recipe=recipe, adapter=root / "sft", rows=root / "rows.parquet", folder=root / "rewarded"
    )


def with_trainer(asked, folder, **trainer):
    """Return an order with other arguments of its trainer, in another folder."""
    recipe = {**asked.recipe, "trainer": {**asked.recipe["trainer"], **trainer}}
    return dataclasses.replace(asked, recipe=recipe, folder=folder)
