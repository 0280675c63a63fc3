"""Verdicts: the one rule by which a difference gets a word.

A family is all comparisons of one evaluation, split and kind of claim, by the primary metric. Within a family p values
are corrected by Holm's method. A difference is "higher" or "lower" where its corrected p is below .05; "within the
margin" where the study names a margin and the whole 95 % interval lies inside it (two one-sided tests at 2.5 %); else
"cannot tell". Two intervals are never compared with each other. Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json

ALPHA = 0.05
HIGHER, LOWER, WITHIN, CANNOT_TELL = "higher", "lower", "within the margin", "cannot tell"
BOUND = "bound"  # the claim of comparisons with an upper bound: no test of theirs makes a word


def holm(values: Sequence[float]) -> list[float]:
    """Return p values corrected for their number by Holm's method, in the same order."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    found, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[place]))
        found[place] = highest
    return found


def least_resamples(comparisons: int) -> int:
    """Return how many random patterns bring the smallest p of a family of so many comparisons below its threshold."""
    return round(comparisons / ALPHA)  # p is 1 / (1 + patterns) at least; one less, and it only touches the threshold


def least_p(units: int) -> float:
    """Return the smallest p that flipping the signs of so many units can give."""
    return 2.0 ** (1 - units)


def word_of(difference: float, p: float, ends: tuple[float, float], margin: float | None) -> str:
    """Return the word for a difference; ``p`` is corrected, ``ends`` are those of its 95 % interval."""
    if p < ALPHA and difference != 0.0:
        return HIGHER if difference > 0 else LOWER
    return WITHIN if margin is not None and -margin < ends[0] and ends[1] < margin else CANNOT_TELL


def family_sizes(claims: Sequence[Json]) -> dict[str, int]:
    """Return how many comparisons each kind of claim has; ``claims`` are comparisons or pairs of one split."""
    sizes: dict[str, int] = {}
    for one in claims:
        if one["claim"] != BOUND:
            sizes[one["claim"]] = sizes.get(one["claim"], 0) + 1
    return sizes


def judge(lines: Sequence[Json], metric: str | None, margin: float | None) -> None:
    """Give each line on the primary metric ``p_holm``, ``family`` (its size) and ``verdict``.

    A line has split, metric, claim, difference, low, high, p, and ``unseen`` where no spread was seen in its articles:
    the most that articles which were not drawn could move it, as two bounds.
    """
    families: dict[tuple[str, str], list[Json]] = {}
    for line in lines:
        if line["metric"] == metric and line["claim"] != BOUND:
            families.setdefault((line["split"], line["claim"]), []).append(line)
    for family in families.values():
        for line, p in zip(family, holm([line["p"] for line in family]), strict=True):
            ends = tuple(line.get("unseen", (line["low"], line["high"])))
            verdict = word_of(line["difference"], p, ends, margin)
            line |= {"p_holm": p, "family": len(family), "verdict": verdict}
