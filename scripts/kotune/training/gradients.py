"""Batches on their way to a gradient: without a mask that they do not need, and with their rows at hand when it fails.

Reads and writes nothing. On an H100 (torch 2.11, transformers 5.17) cuDNN's attention gave gradients that are no
numbers for padded rows in bfloat16, while the loss stayed finite; clipping then spoils every weight. Without a mask it
does not, and padding on the right needs none: no token sees what follows it, and padding carries no loss.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.training import processes

if TYPE_CHECKING:
    from torch import Tensor

    from kotune.prompts.encoding import Rows

MASK, POSITIONS = "attention_mask", "position_ids"
NAMED = 8  # rows that a message names
SKIPS = 40  # more than it takes torch's scaler to come from 2 ** 16 to nothing


def without_needless_mask(inputs: Json) -> Json:
    """Return a batch that is padded on the right with positions in the mask's place; any other as it is."""
    import torch

    mask = inputs.get(MASK)
    if mask is None or mask.ndim != 2 or bool((mask[:, 1:] > mask[:, :-1]).any()):
        return inputs
    positions = torch.arange(mask.shape[1], device=mask.device).expand(mask.shape)
    return {name: value for name, value in inputs.items() if name != MASK} | {POSITIONS: positions}


def _ids_of(inputs: Json) -> Iterator[tuple[int, ...]]:
    """Yield each row's tokens, without padding, of a batch that is padded or packed."""
    for place, ids in enumerate(inputs["input_ids"]):
        if MASK in inputs:
            yield tuple(ids[inputs[MASK][place].bool()].tolist())
            continue
        positions = inputs[POSITIONS][place].tolist()
        starts = [at for at, position in enumerate(positions) if position == 0]
        for start, end in zip(starts, [*starts[1:], len(positions)], strict=True):
            yield tuple(ids[start:end].tolist())


@dataclass
class Step:
    """What went into the step at hand; ``rows``: the rows that are trained on, to name those of a batch."""

    rows: Rows
    batches: list[dict[str, Tensor]] = field(default_factory=list)
    skips: int = 0  # steps in a row that fp16's scaler has skipped

    def add(self, inputs: Json) -> None:
        """Keep a batch's tokens until the step is done."""
        self.batches.append({name: inputs[name] for name in ("input_ids", MASK, POSITIONS) if name in inputs})

    def end(self, norm: float, step: int, skipped: bool) -> None:
        """End the step; UserError where its gradient is not a number and nothing skips it.

        ``skipped``: fp16's loss scaler skips such a step and tries a smaller scale; a scale that is used up is no help.
        """
        batches, self.batches = self.batches, []
        if math.isfinite(norm):
            self.skips = 0
            return
        self.skips += 1
        if skipped and self.skips <= SKIPS:
            return
        seen = [ids for inputs in batches for ids in _ids_of(inputs)]
        names = _listed(processes.of_all(self._names(seen)))
        raise UserError(
            f"the gradient is not a number at step {step}; lower trainer.learning_rate of the recipe, or look at the "
            f"rows of that step ({names}); the newest checkpoint is of a step before"
        )

    def _names(self, seen: Sequence[tuple[int, ...]]) -> list[str]:
        known = dict(zip(map(tuple, self.rows.ids), self.rows.names, strict=False))
        return list(dict.fromkeys(known[ids] for ids in seen if ids in known))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return (", ".join(names[:NAMED]) or "unnamed") + more


def as_number(norm: Any) -> float:
    """Return a gradient's norm, a tensor or a number, as a number."""
    return float(norm.item() if hasattr(norm, "item") else norm)
