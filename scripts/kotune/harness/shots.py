"""The shots before an item: as lm-eval draws them, recorded; and as the protocol ``clean`` draws them, item by item.

Reads and writes nothing. lm-eval draws from one generator that runs through the items in order, so that asking a part
of them, or several processes, gives an item other shots, and it may draw the very row that the item negates. ``clean``
draws from a generator of the item's own, never the item itself nor its original.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.harness import kobest
from kotune.harness.sources import ID, key_of

if TYPE_CHECKING:
    from lm_eval.api.samplers import ContextSampler


class Recording:
    """Stands before a task's sampler and notes which rows were drawn last: ``drawn``, their ids in order."""

    def __init__(self, sampler: ContextSampler, pool: list[Json]) -> None:
        self.sampler, self.drawn = sampler, []
        # a sampler hands out the very objects that it holds, so that equal rows are told apart
        whole = len(sampler.df) == len(pool)  # else the task lists its shots itself, and they have no ids
        self.ids = {id(document): row[ID] for document, row in zip(sampler.df, pool, strict=True)} if whole else {}

    def sample(self, n: int, **given: Any) -> Sequence[Json]:
        """Draw as the sampler does."""
        found = self.sampler.sample(n=n, **given)
        self.drawn = [self.ids.get(id(document), "") for document in found]
        return found

    def set_rnd(self, seed: int | None) -> Recording:
        """Begin the drawing anew; lm-eval calls it."""
        self.sampler.set_rnd(seed)
        return self


class ByItem:
    """Draws each item's shots by the item's own id; ``item`` is set before each drawing, ``drawn`` after it."""

    def __init__(self, documents: Sequence[Json], pool: list[Json], task: str, seed: int) -> None:
        if len(documents) != len(pool):
            raise UserError(f"'{task}': its shots are not the rows of a split; it can only be asked as published")
        by_id = sorted(zip(pool, documents, strict=True), key=lambda pair: _place(pair[0][ID]))
        self.pool = [(row[ID], key_of(row), document) for row, document in by_id]
        self.keys = {row_id: key for row_id, key, _ in self.pool}
        self.task, self.seed, self.item, self.drawn = task, seed, {}, []

    def barred(self) -> set[str]:
        """Return the texts that the item must not be shown: its own, and its original's."""
        original = self.keys.get(self.item.get(kobest.ORIGINAL) or "")
        return {key_of(self.item), *([original] if original else [])}

    def sample(self, n: int, **given: Any) -> Sequence[Json]:
        """Draw ``n`` rows, each equally likely; UserError where the pool is too small."""
        barred = self.barred()
        pool = [(row_id, document) for row_id, key, document in self.pool if key not in barred]
        if len(pool) < n:
            raise UserError(
                f"'{self.task}': {n} shots are asked for, and {len(pool)} rows may be shown to {self.item[ID]}"
            )
        found = Random(f"{self.seed} {self.task} {self.item[ID]}").sample(pool, n)
        self.drawn = [row_id for row_id, _ in found]
        return [document for _, document in found]

    def set_rnd(self, seed: int | None) -> ByItem:
        """Do nothing: no drawing depends on another."""
        return self


def _place(row_id: str) -> tuple[str, int]:
    split, _, number = row_id.rpartition("-")
    return split, int(number)


def showing_originals(sampler: ContextSampler, pool: list[Json], items: list[Json], shots: int) -> list[str]:
    """Return the ids of the items that lm-eval shows the row which they negate, when it draws so many shots."""
    recording, found = Recording(sampler, pool), []
    for item in items if shots else ():
        recording.sample(shots)
        if item.get(kobest.ORIGINAL) in recording.drawn:
            found.append(item[ID])
    return found
