"""Mixing: how much of each part of a mixture is taken, by rows or by tokens, and which rows those are.

Takes ids and counts; reads and writes nothing. Rows are drawn by a hash of the seed and their own id: those of a
smaller weight are among those of a larger one, and nothing else in the mixture changes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kotune.core.errors import UserError
from kotune.core.lots import by_lot
from kotune.core.storage import Json

DRAWN = "mixture"  # tells this draw from others by the same seed and ids


@dataclass(frozen=True)
class Taken:
    """What is taken of a part: ``planned``, in the unit of the weights; each row's place with the number of its copy.

    ``whole``: how often each row is taken, ``some``: how many rows are drawn besides.
    """

    planned: float
    places: list[tuple[int, int]]
    whole: int
    some: int


def taken(part: Json, ids: Sequence[str], tokens: Sequence[int], weights: str, seed: int) -> Taken:
    """Return what a part gives; ``tokens``: of each row, ``weights``: rows or tokens.

    Rows stand in their own order, copies behind them. UserError for a cap above what there is: at a scale of stand-ins
    (``part["stand_in"]``) all is taken then.
    """
    sizes = list(tokens) if weights == "tokens" else [1] * len(ids)
    held = sum(sizes)
    if "cap" in part:
        _check_cap(part, held, weights)
        planned, whole = float(min(part["cap"], held)), 0
    elif part.get("redraw_each_epoch"):
        return Taken(part["weight"] * held, [(place, 1) for place in range(len(ids))], 1, 0)
    else:
        planned, whole = part["weight"] * held, math.floor(part["weight"])
    rest = planned - whole * held
    some = drawn(ids, sizes, rest, seed)
    if not whole and not some:
        raise UserError(f"part '{part['name']}': of its {held:,} {weights} nothing is taken; raise its weight or cap")
    copies = [(place, copy) for copy in range(1, whole + 1) for place in range(len(ids))]
    return Taken(planned, copies + [(place, whole + 1) for place in some], whole, len(some))


def _check_cap(part: Json, held: int, weights: str) -> None:
    if part["cap"] > held and not part.get("stand_in"):
        raise UserError(
            f"part '{part['name']}', cap: {part['cap']:,} is above the {held:,} {weights} that are left of it; lower "
            "it, or take it away"
        )


def drawn(ids: Sequence[str], sizes: Sequence[int], quota: float, seed: int) -> list[int]:
    """Return the places of rows that together have about ``quota``, in their own order.

    They are taken as a draw by the seed gives them. The last one is taken where that comes closer to the quota.
    """
    found, total = [], 0
    for place in by_lot(ids, seed, DRAWN):
        if total + sizes[place] / 2 > quota or total >= quota:
            break
        found.append(place)
        total += sizes[place]
    return sorted(found)
