"""What was said of KoBBQ's items: of each order the choice that is likeliest, by sum or a token.

Reads requests and their sums (JSON lines, as `build_bias_requests` and `score_requests` write them); writes nothing.
A way is a listing and how its choices are weighed: ``texts-sum``, ``texts-token``. A letter is one token: of letters
there is the sum alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kotune.core.errors import UserError
from kotune.core.storage import Json, needed, read_jsonl
from kotune.harness.bias_requests import order_name
from kotune.study.bias import LETTERS

SUM, TOKEN = "sum", "token"


@dataclass(frozen=True)
class Asked:
    """The items of one listing, each in its orders; arrays are (items, orders), but ``ambiguous`` is (items,).

    ``gold``, ``biased``, ``unknown``: places as listed; ``order`` (items, orders, choices): the data's place of each.
    """

    listing: str
    ids: list[str]
    units: list[str]
    orders: list[str]
    ambiguous: np.ndarray
    gold: np.ndarray
    biased: np.ndarray
    unknown: np.ndarray
    order: np.ndarray

    @property
    def biased_context(self) -> np.ndarray:
        """Whether an item's context tells that the biased answer is right (items,)."""
        return ~self.ambiguous & (self.gold == self.biased)[:, 0]

    @property
    def ways(self) -> dict[str, str]:
        """The ways of weighing the choices, by name: by sum, or a token."""
        weighed = (SUM,) if self.listing == LETTERS else (SUM, TOKEN)
        return {f"{self.listing}-{by}": by for by in weighed}


@dataclass(frozen=True)
class Said:
    """The place that was said, as listed (items, orders): by sum, a token, and of those with the fewest tokens the
    first."""

    by: dict[str, np.ndarray]
    fewest: np.ndarray


def _grouped(lines: Sequence[Json], path: str | os.PathLike) -> dict[str, list[list[Json]]]:
    """Return lines by listing and item; UserError where an item lacks an order that others have."""
    found: dict[str, dict[str, list[Json]]] = {}
    for line in lines:
        found.setdefault(line["task"], {}).setdefault(needed(line, "row", path), []).append(line)
    for listing, items in found.items():
        orders = [[line["order"] for line in of_item] for of_item in items.values()]
        for name, of_item in zip(items, orders, strict=True):
            if of_item != orders[0]:
                raise UserError(f"{path}: the item '{name}' ({listing}) is asked in other orders than the first item; "
                                "make the requests again")  # fmt: skip
    return {listing: list(items.values()) for listing, items in found.items()}


def read_asked(path: str | os.PathLike) -> dict[str, Asked]:
    """Return the items of each listing."""
    found = {}
    for listing, items in _grouped(read_jsonl(path), path).items():
        firsts = [of_item[0] for of_item in items]

        def places(key: str, items: list[list[Json]] = items) -> np.ndarray:
            return np.array([[line[key] for line in of_item] for of_item in items])

        found[listing] = Asked(
            listing=listing,
            ids=[line["row"] for line in firsts],
            units=[line["unit"] for line in firsts],
            orders=[order_name(line["order"]) for line in items[0]],
            ambiguous=np.array([line["ambiguous"] for line in firsts]),
            gold=places("gold"),
            biased=places("biased"),
            unknown=places("unknown"),
            order=places("order"),
        )
    if not found:
        raise UserError(f"{path}: holds no request; look at what build_bias_requests said")
    return found


def read_said(path: str | os.PathLike, asked: dict[str, Asked]) -> dict[str, Said]:
    """Return what was said of each listing's items; UserError where the lines are not those of the requests."""
    of_listing: dict[str, list[Json]] = {}
    for line in read_jsonl(path):
        of_listing.setdefault(line["task"], []).append(line)
    found = {}
    for listing, one in asked.items():
        lines = of_listing.get(listing, [])
        if [line["item"] for line in lines] != [f"{name}:{order}" for name in one.ids for order in one.orders]:
            raise UserError(
                f"{path}: its {len(lines)} lines of '{listing}' are not those of the {len(one.ids)} items that were "
                "asked, in their order; remove it and score the requests again"
            )
        shape = (len(one.ids), len(one.orders), -1)
        sums = np.array([line["sums"] for line in lines], dtype=float).reshape(shape)
        tokens = np.array([line["tokens"] for line in lines], dtype=float).reshape(shape)
        if not np.isfinite(sums).all() or sums.shape != one.order.shape or tokens.min() < 1:
            raise UserError(
                f"{path}: '{listing}' lacks a finite sum, or a count of tokens, of some choice; score again"
            )
        by = {SUM: sums.argmax(-1), TOKEN: (sums / tokens).argmax(-1)}
        found[listing] = Said(by, tokens.argmin(-1))
    return found
