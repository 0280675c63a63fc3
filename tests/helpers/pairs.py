"""A training on pairs: an adapter that was learned from the better answers, and prompts with a worse one besides."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import orders
import polars
from tiny_model import RECIPE, WORDS

from kotune.core.storage import Json
from kotune.models.loading import load_tokenizer
from kotune.training.order import Order
from kotune.training.train import train

LORA = {**RECIPE["lora"], "lora_dropout": 0.0}
STARTED: Json = {"method": "sft", "lora": LORA, "quantization": None, "trainer": {**RECIPE["trainer"], "max_steps": 6}}
PREFERRED: Json = {
    **STARTED,
    "method": "dpo",
    "trainer": {**RECIPE["trainer"], "learning_rate": 1e-3, "beta": 0.1, "max_steps": 6, "save_steps": 2},
}


def with_worse(path: Path, model: Json, to: Path) -> Path:
    """Write prompts as pairs: each row's worse answer is a text of other words."""
    tokenizer, draw = load_tokenizer(model), random.Random(5)
    rows = polars.read_parquet(path).to_dicts()
    for row in rows:
        row["rejected"] = " ".join(draw.choice(WORDS) for _ in range(draw.randint(2, 6))) + "<end_of_turn>"
        row["rejected_tokens"] = len(tokenizer(row["rejected"], add_special_tokens=False)["input_ids"])
    polars.DataFrame(rows, schema_overrides={"excluded": polars.String}).write_parquet(to)
    return to


def started(root: Path) -> Order:
    """Train an adapter by supervised fine-tuning; return its order, whose folder holds it."""
    order = orders.training(root, 12, recipe=STARTED, valid=None, folder=root / "sft")
    train(order)
    return order


def preferring(first: Order, folder: Path, trainer: Any = (), **recipe: Any) -> Order:
    """Return the order of a training by DPO from an adapter; its folder is not made yet."""
    asked = {**PREFERRED, **recipe, "trainer": {**PREFERRED["trainer"], **dict(trainer)}}
    pairs = first.folder.parent / "pairs.parquet"
    if not pairs.is_file():
        with_worse(first.prompts, first.model, pairs)
    return dataclasses.replace(first, recipe=asked, prompts=pairs, folder=folder, adapter=first.folder)
