"""How far two labellings agree, and how far what a rule says agrees with labels. Reads and writes nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.scoring.intervals import wilson

HALVES = ("written", "measured")  # rules are written with the answers of the one in view, and measured on the other


def half_of(name: str) -> str:
    """Return the half that a row belongs to: by the last bit of its id's SHA-256, so that a new row moves no other."""
    return HALVES[int(hashlib.sha256(name.encode("utf-8")).hexdigest(), 16) % 2]


def agreement(first: Sequence[str], second: Sequence[str]) -> Json:
    """Return ``{"n", "same", "share", "kappa"}`` of two labellings of the same things.

    Cohen's kappa (1960, Educational and Psychological Measurement 20, 37-46); None where both say one label throughout.
    """
    count = len(first)
    same = sum(one == other for one, other in zip(first, second, strict=True))
    of_first, of_second = Counter(first), Counter(second)
    chance = sum(of_first[label] * of_second[label] for label in of_first) / count**2
    share = same / count
    return {"n": count, "same": same, "share": share, "kappa": None if chance == 1 else (share - chance) / (1 - chance)}


def share_of(right: int, count: int) -> Json:
    """Return ``{"right", "n", "share", "low", "high"}``, with Wilson's 95 % interval; shares are None where n is 0."""
    if not count:
        return {"right": 0, "n": 0, "share": None, "low": None, "high": None}
    low, high = wilson(right / count, count)
    return {"right": right, "n": count, "share": right / count, "low": low, "high": high}


def measured(said: Sequence[str], labelled: Sequence[str], classes: Sequence[str]) -> dict[str, Json]:
    """Return each class's ``{"precision", "recall"}`` (`share_of`): of what is said, and of what is labelled so."""
    pairs = Counter(zip(said, labelled, strict=True))
    found = {}
    for one in classes:
        right = pairs[one, one]
        found[one] = {
            "precision": share_of(right, sum(times for (what, _), times in pairs.items() if what == one)),
            "recall": share_of(right, sum(times for (_, what), times in pairs.items() if what == one)),
        }
    return found
