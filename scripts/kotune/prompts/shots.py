"""Shots: worked examples that a prompt shows before its own question, drawn from the rows that are trained on.

Takes rows; reads and writes nothing. A variant's `shots` says how many, by which seed, and how one is written; its
texts say by `{{ shots }}` where they stand. Which examples a row gets depends on the seed, its id and the rows of train
in their order, and on nothing else: no batch, no other row that is asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kotune.core.errors import UserError
from kotune.core.names import UNIT
from kotune.core.storage import Json

COLUMN = "shots"  # what a variant's texts call the examples, and the column of their ids beside the prompts
CALLED = {COLUMN: "examples", "passages": "passages"}  # what a variant can add, in print

Row = Mapping[str, str]


def placed(content: Json, family: str, column: str) -> bool:
    """Return whether a variant's words to a family say where what it adds stands; with no words to it they need not."""
    entry = content["families"].get(family)
    if entry is None:
        return True
    texts = [turn["content"] for turn in entry.get("turns", ()) if "content" in turn]
    texts += [entry[key]["prompt"] for key in ("training", "inference") if key in entry]
    found = [f"{{{{ {column} }}}}" in text or f"{{{{{column}}}}}" in text for text in texts]
    return any(found) if "turns" in entry else all(found)


@dataclass(frozen=True)
class Shots:
    """The examples of a variant: ``pool``: the rows they are drawn from; ``write``: the text of one."""

    number: int
    seed: int
    pool: Sequence[Row]
    write: Callable[[Row], str]
    where: str
    units: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Json, pool: Sequence[Row], write: Callable[[Row], str], where: str) -> Shots:
        """Return those of a variant's `shots`, drawn from ``pool``; ``where`` names the variant."""
        units: dict[str, int] = {}
        for row in pool:
            units[row[UNIT]] = units.get(row[UNIT], 0) + 1
        return cls(given["number"], given["seed"], pool, write, where, units)

    def drawn(self, row: Row) -> list[Row]:
        """Return a row's examples: of other articles than its own, and of different ones where there are enough.

        Raises UserError where the pool has too few rows of other articles.
        """
        own = row[UNIT]
        rows = len(self.pool) - self.units.get(own, 0)
        if rows < self.number:
            raise UserError(
                f"{self.where}, row '{row['id']}': its {self.number} examples come from other articles of train, which "
                f"hold {rows} rows; lower shots.number, or bring more rows"
            )
        spread = len(self.units) - (own in self.units) >= self.number
        draw = random.Random(f"{self.seed}/{row['id']}")
        found: list[Row] = []
        passed: set[int | str] = {own}  # units, and places in the pool
        while len(found) < self.number:
            place = draw.randrange(len(self.pool))
            one = self.pool[place]
            if place in passed or one[UNIT] == own or (spread and one[UNIT] in passed):
                continue
            passed |= {place, one[UNIT]}
            found.append(one)
        return found
