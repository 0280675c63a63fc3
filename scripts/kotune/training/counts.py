"""What a training has done so far: tokens, seconds and the lines of its curve, as its checkpoints keep them.

Reads and writes nothing.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kotune.core.storage import Json, jsonl_line
from kotune.training.row_order import Drawn

if TYPE_CHECKING:
    from kotune.training.meter import Meter


@dataclass
class Counts:
    """What a training has done so far; kept in its checkpoints, so that a resumed one goes on counting."""

    tokens: int = 0
    target_tokens: int = 0
    seconds_before: float = 0.0
    started: float = field(default_factory=time.monotonic)
    curve: list[Json] = field(default_factory=list)
    drawn: Drawn = field(default_factory=Drawn)
    meter: Meter | None = None  # of this run; `joules_before` are those of the runs that it continues
    joules_before: float | None = 0.0
    more: Json = field(default_factory=dict)  # what the method counts besides
    pending: Json | None = None  # the sum of losses since the last line, and the step of that line

    def seconds(self) -> float:
        """Return the seconds of training so far; those after the last checkpoint of a killed run are not in it."""
        return self.seconds_before + time.monotonic() - self.started

    def cost(self) -> Json:
        """Return what the training cost, for its record."""
        seconds = self.seconds()
        return {
            "seconds": round(seconds, 3),
            "tokens": self.tokens,
            "tokens_per_second": round(self.tokens / seconds, 1),
            **(self.meter.cost() if self.meter else {}),
        }

    def final_loss(self) -> float | None:
        """Return the last loss that was logged; None where logging_steps is more than all steps."""
        return next((line["loss"] for line in reversed(self.curve) if "loss" in line), None)

    def state(self) -> Json:
        """Return what a checkpoint keeps."""
        return {
            "tokens": self.tokens,
            "target_tokens": self.target_tokens,
            "seconds": self.seconds(),
            "joules": self.meter.joules() if self.meter else self.joules_before,
            "curve": [jsonl_line(line) for line in self.curve],  # as text: the order of its keys is kept
            "pending": self.pending,
            **({"more": self.more} if self.more else {}),
            **self.drawn.to_json(),
        }

    def restore(self, state: Json) -> None:
        """Take up what a checkpoint kept."""
        self.tokens, self.target_tokens = state["tokens"], state["target_tokens"]
        self.seconds_before, self.joules_before = state["seconds"], state.get("joules")
        self.curve = [json.loads(line) for line in state["curve"]]
        self.pending, self.more = state.get("pending"), state.get("more", {})
        self.drawn = Drawn.of(state)
