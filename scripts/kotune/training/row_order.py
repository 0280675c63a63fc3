"""The order of rows that are grouped by length, so that a resumed training continues where it stopped.

Reads and writes nothing. transformers draws an epoch's order from torch's own random numbers as they are when the epoch
begins; a training that continues within an epoch no longer has those, so they are kept. Several processes have drawn
other numbers each by then (dropout, on rows of other lengths), so that their later epochs come from the seed instead.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune.core.storage import Json

if TYPE_CHECKING:
    from transformers.trainer_pt_utils import LengthGroupedSampler


@dataclass
class Drawn:
    """The random state that an epoch's order was drawn from; ``kept``: of a checkpoint, and not used yet."""

    epoch: int | None = None
    state: str = ""
    kept: bool = False

    def to_json(self) -> Json:
        """Return what a checkpoint keeps; nothing where no order was drawn."""
        return {} if self.epoch is None else {"drawn": {"epoch": self.epoch, "state": self.state}}

    @classmethod
    def of(cls, state: Json) -> Drawn:
        """Return what a checkpoint kept."""
        return cls(**state["drawn"], kept=True) if "drawn" in state else cls()


def seeded(seed: int, epoch: int) -> str:
    """Return, as a checkpoint keeps it, the random state that several processes draw an epoch's order from."""
    import torch

    state = torch.Generator().manual_seed((seed << 20) + epoch).get_state()
    return base64.b64encode(state.numpy().tobytes()).decode()


def remembered(
    sampler: LengthGroupedSampler,
    drawn: Callable[[], Drawn],
    epoch: Callable[[], float | None],
    shared_seed: int | None = None,
) -> Any:
    """Return a sampler that keeps what each order is drawn from, and draws a resumed epoch's order from the same.

    ``epoch`` returns how many epochs are done, with the share of the current one. ``shared_seed``: of a training by
    several processes, which draw one order; None for one process alone.
    """
    import torch
    from torch.utils.data import Sampler

    class Remembering(Sampler):
        def __len__(self) -> int:
            return len(sampler)

        def __iter__(self) -> Iterator[int]:
            known, now = drawn(), int(epoch() or 0)
            again = known.kept and known.epoch == now  # else the checkpoint was made where an epoch ends
            if shared_seed is not None and now and not again:
                known.epoch, known.state, again = now, seeded(shared_seed, now), True
            if again:
                generator = torch.Generator()
                generator.set_state(torch.frombuffer(bytearray(base64.b64decode(known.state)), dtype=torch.uint8))
                sampler.generator = generator
            else:
                known.epoch = now
                known.state = base64.b64encode(torch.get_rng_state().numpy().tobytes()).decode()
            known.kept = False
            order = iter(sampler)
            sampler.generator = None
            return order

    return Remembering()
