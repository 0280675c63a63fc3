"""Rows that are drawn again in each epoch: a part of a mixture of which an epoch sees a share, each epoch another one.

Takes rows' ids; reads and writes nothing. What an epoch has, and its order, come from the seeds, the ids and the
epoch's number alone: a training that is resumed within an epoch goes on with the same rows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kotune.core.lots import by_lot
from kotune.core.names import REDRAW
from kotune.core.storage import Json
from kotune.rows.mixed_ids import part_of


@dataclass(frozen=True)
class Redrawn:
    """Which rows an epoch has; of parts that are not redrawn, all.

    ``names``: the rows' ids; ``shares``: part → the share of its rows that an epoch has.
    ``seed``: of the draws, the mixture's; ``shuffled_by``: of the order, the training's.
    """

    names: Sequence[str]
    shares: dict[str, float]
    seed: int
    shuffled_by: int

    @classmethod
    def of(cls, recipe: Json, names: Sequence[str], seed: int) -> Redrawn | None:
        """Return what a job's recipe asks for; None where every epoch has all rows.

        A recipe says {"seed", "parts": {part: share of its rows}}.
        """
        asked = recipe.get(REDRAW)
        return cls(names, asked["parts"], asked["seed"], seed) if asked else None

    def _places(self, part: str) -> list[int]:
        return [place for place, name in enumerate(self.names) if part_of(name) == part]

    def _count(self, part: str) -> int:
        """Return how many rows of a part an epoch has."""
        return round(self.shares[part] * len(self._places(part)))

    def __len__(self) -> int:
        """Return how many rows an epoch has; each has as many."""
        fixed = sum(part_of(name) not in self.shares for name in self.names)
        return fixed + sum(self._count(part) for part in self.shares)

    def order(self, epoch: int) -> list[int]:
        """Return the places of an epoch's rows, in the order in which they are seen."""
        found = [place for place, name in enumerate(self.names) if part_of(name) not in self.shares]
        for part in self.shares:
            places = self._places(part)
            lots = by_lot([self.names[place] for place in places], self.seed, f"epoch {epoch}")
            found += [places[lot] for lot in lots[: self._count(part)]]
        random.Random(f"{self.shuffled_by}/{epoch}").shuffle(found)
        return found


def sampler(rows: Redrawn, epoch: Callable[[], float | None]) -> Any:
    """Return torch's sampler of the rows; ``epoch`` returns how many epochs are done, with the share of the current."""
    from torch.utils.data import Sampler

    class EachEpoch(Sampler):
        def __len__(self) -> int:
            return len(rows)

        def __iter__(self) -> Iterator[int]:
            return iter(rows.order(int(epoch() or 0)))

    return EachEpoch()
