"""Lots: what is drawn of things with names, by a hash of a seed and each name, whatever else is there.

Reads and writes nothing. What a smaller draw takes is among what a larger one takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def by_lot(names: Sequence[str], seed: int, what: str) -> list[int]:
    """Return the places of names in the order in which a draw takes them; ``what`` makes draws independent."""
    lots = [hashlib.sha256(f"{what}/{seed}/{one}".encode()).digest() for one in names]
    return sorted(range(len(names)), key=lots.__getitem__)


def chance(name: str, seed: int, what: str) -> float:
    """Return a number of [0, 1) that a name and the seed give."""
    digest = hashlib.sha256(f"{what}/{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
