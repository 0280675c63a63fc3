"""What a model says of each item: the option whose sum is highest, and what else its sums and tokens tell.

Reads requests and their sums (JSON lines, as `build_requests` and `score_requests` write them); writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kotune.core.errors import UserError
from kotune.core.storage import Json, needed, read_jsonl


class Asked(NamedTuple):
    """One row of the tables: how a task is asked."""

    protocol: str
    shots: int
    template: str

    @property
    def name(self) -> str:
        """What the row is called in keys and files: ``published-5shot-none``."""
        return f"{self.protocol}-{self.shots}shot-{self.template}"


Place = tuple[Asked, str]  # how, and which task


@dataclass(frozen=True)
class Items:
    """The items of a task as they are asked: ids, gold options, and each option's length in characters."""

    ids: Sequence[str]
    golds: np.ndarray  # (items,)
    chars: Sequence[Sequence[int]]
    options: int  # the most that an item has


@dataclass(frozen=True)
class Said:
    """What was said of a task's items (items,): the option by sum, by sum a character, with the fewest tokens; ties.

    Of equal options the first, as in the harness. ``tied``: whether the highest sum is that of several options.
    """

    by_sum: np.ndarray
    by_norm: np.ndarray
    fewest: np.ndarray
    tied: np.ndarray


def place_of(line: Json) -> Place:
    """Return the row and the task of a line of requests or of sums."""
    return Asked(line["protocol"], line["shots"], line["template"]), line["task"]


def _of_place(lines: Iterable[Json]) -> dict[Place, list[Json]]:
    found: dict[Place, list[Json]] = {}
    for line in lines:
        found.setdefault(place_of(line), []).append(line)
    return found


def read_items(path: str | os.PathLike) -> dict[Place, Items]:
    """Return the items of each row and task; UserError names an item whose gold is none of its options."""
    found = {}
    for place, lines in _of_place(read_jsonl(path)).items():
        for line in lines:
            options = len(needed(line, "continuations", path))
            if not 0 <= needed(line, "gold", path) < options:
                raise UserError(
                    f"{path}: the gold of item '{line['item']}' of '{line['task']}' is {line['gold']}, and it has "
                    f"{options} options; make the requests again"
                )
        found[place] = Items(
            [str(line["item"]) for line in lines],
            np.array([line["gold"] for line in lines]),
            [needed(line, "chars", path) for line in lines],
            max(len(line["continuations"]) for line in lines),
        )
    if not found:
        raise UserError(f"{path}: holds no request; look at what build_requests said")
    return found


def read_said(path: str | os.PathLike, items: dict[Place, Items]) -> dict[Place, Said]:
    """Return what was said of the items; UserError where the file's lines are not those of the requests, in order."""
    lines = _of_place(read_jsonl(path))
    for place, of in items.items():
        asked, task = place
        ids = [str(line["item"]) for line in lines.get(place, [])]
        if ids != list(of.ids):
            raise UserError(
                f"{path}: has {len(ids)} items of '{task}' ({asked.name}) in the place of {len(of.ids)}, or others; "
                "remove it and score the requests again"
            )
    return {place: _said(lines[place], of, path) for place, of in items.items()}


def _said(lines: Sequence[Json], items: Items, path: str | os.PathLike) -> Said:
    return Said(*(np.array(column) for column in zip(*_each(lines, items, path), strict=True)))


def _each(lines: Sequence[Json], items: Items, path: str | os.PathLike) -> Iterator[tuple[int, int, int, bool]]:
    for line, chars in zip(lines, items.chars, strict=True):
        sums, tokens = np.array(line["sums"], dtype=float), np.array(line["tokens"])
        if len(sums) != len(chars) or len(tokens) != len(chars) or not np.isfinite(sums).all():
            raise UserError(
                f"{path}: item '{line['item']}' of '{line['task']}' needs {len(chars)} finite sums and counts of "
                f"tokens, and has {line['sums']} and {line['tokens']}"
            )
        # an option without a character has no sum a character: it is never the one that is said
        norm = np.divide(sums, np.array(chars, dtype=float), out=np.full(len(sums), -np.inf), where=np.array(chars) > 0)
        yield int(sums.argmax()), int(norm.argmax()), int(tokens.argmin()), bool((sums == sums.max()).sum() > 1)


def majority(golds: np.ndarray) -> int:
    """Return the option that is gold most often, of several the first: what a floor says of every item."""
    return int(np.bincount(golds).argmax())
