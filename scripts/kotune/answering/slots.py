"""Slots: the state of all answers that are made side by side, and how many of them the memory holds.

Lives on the model's device; reads and writes nothing. A slot is a stretch of the key and value cache, as long as a
prompt and its answer can get.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.layers import passes
from kotune.layers.fused import FusedModel

if TYPE_CHECKING:
    from torch import Tensor

SLOTS = 256  # answers that are made side by side, at most


@dataclass(frozen=True)
class Limits:
    """What ends an answer, and how many answers the memory holds side by side."""

    stop: Sequence[int]
    max_new_tokens: int
    slots: int = SLOTS
    tokens_a_pass: int = passes.MOST


def cache_bytes(model: FusedModel) -> int:
    """Return the bytes that one token takes in the caches of all layers."""
    return 2 * len(model.layers) * model.kv_heads * model.width * model.head.element_size()


def slots_for(model: FusedModel, lengths: Iterable[int], max_new_tokens: int, free: float) -> int:
    """Return how many answers, those of the longest prompts first, can be made side by side in ``free`` bytes."""
    count, room = 0, free / cache_bytes(model)
    for length in sorted(lengths, reverse=True):
        room -= length + max_new_tokens
        if room < 0 or count == SLOTS:
            break
        count += 1
    return max(count, 1)


class Slots:
    """The state of all answers that are being made: caches, and what each slot has got so far. Lives on the device."""

    def __init__(self, model: FusedModel, capacities: list[int], limits: Limits) -> None:
        import torch

        device, count = model.head.device, len(capacities)
        starts = torch.tensor([0, *capacities]).cumsum(0)
        self.starts = starts.to(torch.int32).to(device)
        self.begins = starts[:-1].to(device)
        self.longest = max(capacities)
        shape = (int(starts[-1]), model.kv_heads, model.width)
        self.caches = [
            (torch.zeros(shape, dtype=model.dtype, device=device), torch.zeros(shape, dtype=model.dtype, device=device))
            for _ in model.layers
        ]
        self.cosines, self.sines = model.angles(torch.arange(self.longest, device=device))
        self.tokens = torch.zeros(count, dtype=torch.int64, device=device)  # the last token, not yet in the cache
        self.cached = torch.zeros(count, dtype=torch.int64, device=device)
        self.counts = torch.zeros(count, dtype=torch.int64, device=device)  # tokens of the answer so far
        self.active = torch.zeros(count, dtype=torch.bool, device=device)
        self.stopped = torch.zeros(count, dtype=torch.bool, device=device)
        self.made = torch.zeros(count, limits.max_new_tokens, dtype=torch.int64, device=device)
        self.stop = torch.tensor(list(limits.stop), dtype=torch.int64, device=device)

    def take(self, chosen: Tensor, where: Tensor | None = None) -> None:
        """Take up one new token in each slot (slots), or in the slots ``where`` alone (then ``chosen`` is as long)."""
        import torch

        active = self.active
        if where is not None:
            tokens, active = self.tokens.clone(), torch.zeros_like(self.active)
            tokens[where], active[where] = chosen, True
            chosen = tokens
        place = self.counts.clamp(max=self.made.shape[1] - 1)[:, None]
        old = self.made.gather(1, place)
        self.made.scatter_(1, place, torch.where(active[:, None], chosen[:, None], old))
        self.counts.add_(active)
        ends = active & (chosen[:, None] == self.stop).any(1)
        self.stopped.logical_or_(ends)
        self.tokens.copy_(torch.where(active, chosen, self.tokens))
        goes_on = active & ~ends & (self.counts < self.made.shape[1])
        self.active.copy_(torch.where(active, goes_on, self.active))
