"""What the fused layers and the packed engine cost: GiB and the size of passes from shape, recipe and card.

Reads and writes nothing. It uses the rules that a training follows on a GPU (`passes`), so that a prediction for a
card says what would be kept there and what recomputed.
"""

from __future__ import annotations

from dataclasses import dataclass

from kotune.cost.row_lengths import Lengths
from kotune.cost.shapes import Plan, Shape, lora_parameters
from kotune.layers import passes
from kotune.layers.fused import Room
from kotune.layers.ways import A_PARAMETER

JOINED = 3  # bytes of a tuned weight in the joined matrices, their empty corners included


def widths_of(shape: Shape) -> passes.Widths:
    """Return a shape's sizes as activations come in."""
    return passes.Widths(shape.layers, shape.hidden, shape.query + 2 * shape.key, shape.query, shape.ffn, shape.vocab)


@dataclass(frozen=True)
class Cost:
    """One pass of a training: its tokens, what of it is kept, and the bytes of activations and of all that stays."""

    tokens: int
    room: Room
    activations: float
    adapter: float

    def again(self, layers: int) -> float:
        """Return the share of layers that are recomputed in the backward pass."""
        return 0.0 if self.room.kept_layers is None else 1 - self.room.kept_layers / layers


def of(shape: Shape, plan: Plan, lengths: Lengths, available: float, weights: float) -> Cost:
    """Return what a pass is on a card with ``available`` bytes, of which the frozen ``weights`` take theirs."""
    widths, lora = widths_of(shape), lora_parameters(shape, plan)
    adapter = lora * (A_PARAMETER + JOINED)
    allowed = min(available, plan.memory_gib * passes.GIB if plan.memory_gib else available)
    free = allowed - weights - adapter
    sums = [prompt + answer for prompt, answer in lengths]
    made = passes.arranged(widths, sums, plan.max_length, plan.batch * plan.accumulation, plan.tokens, free)
    mean = made.rows_a_pass * made.row
    tokens = max(made.longest, mean)
    room = passes.room_for(widths, tokens, free)
    return Cost(mean, room, held(widths, tokens, room), adapter)


def held(widths: passes.Widths, tokens: int, room: Room) -> float:
    """Return the most bytes of a pass's activations: what is kept for the backward pass, and one layer's work."""
    working = widths.working(tokens, room.chunk, room.workspace)
    if room.kept_layers is None:
        return working + widths.layers * tokens * widths.kept()
    kept = room.kept_layers * tokens * widths.kept()
    if room.offload:
        return working + kept + passes.ON_THE_WAY * tokens * widths.inputs() // 2
    return working + kept + (widths.layers - room.kept_layers) * tokens * widths.inputs()
