"""How much goes through a model at once: the tokens of a training pass and what is kept of them, given the memory.

Reads and writes nothing. An optimizer step always sees the recipe's rows: the rows, or packs, of a step are
only split into fewer or more passes. Bytes are counted for the fused layers (`layers.fused`) and 16-bit activations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.layers.fused import Room
from kotune.layers.fused_pass import CHUNK

LAYERS = ("auto", "fused", "plain")
KEYS = ("layers", "memory_gib", "tokens")
GIB = 2**30
MOST = 16384  # tokens that go through a model at once: beyond, a GPU does not get faster
LEAST = 4096  # tokens of a pass: below, a GPU waits for its host
LEAN = 8192  # tokens of a pass that cannot be kept whole: its layers are made twice, and larger products pay for it
CHUNKS = (8192, 4096, 2048)  # tokens that go through an MLP at a time where memory is short
WORKSPACE = 48  # bytes that attention's way back takes for each attended number: cuDNN's, the fastest
LEAN_WORKSPACE = 12  # the same where memory is short; flash attention takes 8
ON_THE_WAY = 4  # inputs of a layer that are on the device at once while the others are on the host
MARGIN = 0.94  # of the memory that may be used: the rest is the allocator's


@dataclass(frozen=True)
class Widths:
    """The sizes of a model that activations come in."""

    layers: int
    hidden: int
    joint: int
    attended: int
    inner: int
    vocabulary: int

    @classmethod
    def of(cls, config: Any) -> Widths:
        """Return those of a transformers configuration."""
        heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
        width = getattr(config, "head_dim", None) or config.hidden_size // heads
        return cls(
            config.num_hidden_layers, config.hidden_size, (heads + 2 * kv_heads) * width, heads * width,
            config.intermediate_size, config.vocab_size,
        )  # fmt: skip

    def kept(self) -> int:
        """Return the bytes a token and layer that are kept for a fast way back, the layer's two inputs included."""
        return 2 * (2 * self.hidden + self.joint + self.attended + 2 * self.inner) + 16

    def inputs(self) -> int:
        """Return the bytes a token and layer of the layer's two inputs alone."""
        return 4 * self.hidden

    def lean(self, tokens: int) -> int:
        """Return the bytes that attention's way back may take of a pass where memory is short."""
        return LEAN_WORKSPACE * self.attended * tokens

    def working(self, tokens: int, chunk: int | None, workspace: int | None = None) -> int:
        """Return the bytes that one layer's way back holds besides, gradients and unpacked weights included."""
        at_once = min(tokens, chunk or tokens)
        mlp = at_once * 2 * (3 * self.inner + 3 * self.hidden) + tokens * 4 * self.hidden
        attention = tokens * 2 * (4 * self.hidden + 3 * self.joint + 2 * self.attended)
        attention += WORKSPACE * self.attended * tokens if workspace is None else workspace
        weights = 4 * self.inner * self.hidden
        head = 10 * CHUNK * self.vocabulary
        return max(mlp, attention, head) + weights


def check(settings: Json) -> None:
    """Raise UserError for a recipe's `passes` that says something unknown."""
    for key in settings:
        if key not in KEYS:
            raise UserError(f"recipe.passes: unknown key '{key}'{nearest(key, KEYS)}")
    layers = settings.get("layers", "auto")
    if layers not in LAYERS:
        raise UserError(f"recipe.passes.layers: unknown '{layers}'{nearest(str(layers), LAYERS)}")
    for key in ("memory_gib", "tokens"):
        value = settings.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value <= 0):
            raise UserError(f"recipe.passes.{key}: {value!r} is not a number above 0; leave it out to use what is free")


def free_gpu_bytes() -> float:
    """Return what is free on the GPU, what torch holds of it without need included."""
    import torch

    free, _ = torch.cuda.mem_get_info()
    return free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()


def room_for(widths: Widths, tokens: int, free: float) -> Room:
    """Return what of a pass can be kept within ``free`` bytes: all layers, some, only inputs, or those on the host."""
    whole, inputs, lean = tokens * widths.kept(), tokens * widths.inputs(), widths.lean(tokens)
    usable = free * MARGIN
    for workspace in (None, lean):  # the fastest attention first: it is worth more than a layer kept
        spare = usable - widths.working(tokens, None, workspace)
        if spare >= widths.layers * whole:
            return Room(workspace=workspace)
        if spare >= widths.layers * inputs:
            kept = int((spare - widths.layers * inputs) // (whole - inputs))
            return Room(kept_layers=kept, workspace=workspace)
    on_the_way = ON_THE_WAY * inputs // 2
    if spare >= on_the_way:
        return Room(kept_layers=int((spare - on_the_way) // whole), offload=True, workspace=lean)
    fitting = (chunk for chunk in CHUNKS if widths.working(tokens, chunk, lean) + on_the_way <= usable)
    return Room(kept_layers=0, offload=True, chunk=next(fitting, CHUNKS[-1]), workspace=lean)


def tokens_for(widths: Widths, longest: int, free: float) -> int:
    """Return how many tokens a pass should have: as many as can be kept whole, within LEAST and MOST.

    Where not even LEAST can, LEAN or as many less as fit with nothing but a layer's own work on the device.
    """

    def needed(tokens: int, layers: float) -> float:
        return widths.working(tokens, None, widths.lean(tokens)) + tokens * layers * widths.kept()

    for tokens in range(MOST, LEAST - 1, -1024):
        if needed(tokens, widths.layers) <= free * MARGIN:
            return max(tokens, longest)
    on_the_way = ON_THE_WAY * widths.inputs() / 2 / widths.kept()
    fitting = (tokens for tokens in range(LEAN, 1024, -1024) if needed(tokens, on_the_way) <= free * MARGIN)
    return max(next(fitting, 1024), longest)


@dataclass(frozen=True)
class Arranged:
    """How a step's rows, or packs, are put into passes: ``row`` tokens each, ``longest`` at the most."""

    row: int
    longest: int
    tokens: int
    rows_a_pass: int
    passes_a_step: int


def arranged(
    widths: Widths, lengths: Sequence[int], pack: int | None, rows: int, tokens: float | None, free: float
) -> Arranged:
    """Return the passes of a step of ``rows`` rows, or packs of ``pack`` tokens; ``tokens`` where the recipe says."""
    row = pack or max(1, sum(lengths) // len(lengths))
    longest = pack or max(lengths)
    tokens = int(tokens or tokens_for(widths, longest, free))
    return Arranged(row, longest, tokens, *split(rows, row, tokens))


def split(rows: int, row: int, tokens: int) -> tuple[int, int]:
    """Return (rows a pass, passes a step) with the product ``rows`` and at most ``tokens`` of ``row`` tokens a pass."""
    most = max(1, tokens // max(row, 1))
    a_pass = max(size for size in range(1, rows + 1) if rows % size == 0 and size <= most)
    return a_pass, rows // a_pass
