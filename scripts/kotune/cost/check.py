"""Compare the cost model with what was measured: a prediction for each point of a file in config/speed/.

Takes the points, the cards and the constants; reads and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from kotune.core.storage import Json
from kotune.cost import answering, model, row_lengths, shapes
from kotune.cost.cards import cards_of

PLAN = (
    "path",
    "four_bit",
    "r",
    "batch",
    "accumulation",
    "checkpointing",
    "adapter_bytes",
    "optim",
    "max_length",
    "memory_gib",
    "tokens",
)
LENGTH = 64  # tokens of each answer of the measured answering


@dataclass(frozen=True)
class Check:
    """One point: GiB measured and predicted, and by what share the prediction of memory and time is off."""

    id: str
    what: str
    covered: bool
    gib: float
    predicted_gib: float
    memory: float
    time: float


def checks_of(points: Json, cards: Json, constants: Json) -> list[Check]:
    """Return every measured point with what the model says of it."""
    card = cards_of(cards)[points["card"]]
    shape = shapes.shape_of(points, "config/speed/")
    targets, law = tuple(points["lora_targets"]), points["training_rows"]
    rows = row_lengths.of_law(law, law["count"], 0)
    found = []
    for point in points["training"]:
        plan = shapes.Plan(targets=targets, **{key: point[key] for key in PLAN if key in point})
        said = model.training(shape, plan, rows, card, constants)
        time = point["tokens_per_second"] / said["tokens_per_second"] - 1
        found.append(_check(point, f"training, {point['path']}", said["gib"], time))
    law = points["prompts"]
    prompts = [prompt for prompt, _ in row_lengths.of_law(law, law["count"], 0)]
    for point in points["answering"]:
        plan = shapes.Plan("padded", point["four_bit"], 16, targets, adapter_bytes=4)
        asked, kept = prompts[: point["prompts"]], not point["sorted"]
        said = answering.answering(
            shape, plan, asked, LENGTH, point["batch"], card, constants, point["adapter"], in_order=kept
        )
        found.append(_check(point, "answering", said["gib"], said["seconds"] / point["seconds"] - 1))
    return found


def _check(point: Json, what: str, gib: float, time: float) -> Check:
    return Check(point["id"], what, point["covered"], point["gib"], gib, gib / point["gib"] - 1, time)
