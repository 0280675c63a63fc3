"""Pairs made of an arm's samples: an answer that scores high enough beside one of the same row that does not.

Takes rows, answer lines and score lines as `scoring` reads them; reads and writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kotune.core.errors import UserError
from kotune.core.lots import by_lot
from kotune.core.names import GOLDS, UNIT
from kotune.core.storage import Json
from kotune.curation.sampled import AGAIN, EMPTY, HELD, UNASKED, grouped
from kotune.rows.pairs import REJECTED, same
from kotune.scoring.answer_files import Key, was_asked

CUT = "cut off at the limit of new tokens"
NONE_HIGH, NONE_LOW, NOTHING = "no answer scores high enough", "every answer does", "no answer can be used"


@dataclass(frozen=True)
class Wanted:
    """What pairs are asked for: ``at_least``: the lowest score of a better answer; ``pairs``: the most of a row."""

    gold: str
    at_least: float
    pairs: int
    seed: int


def pairs_of_samples(
    rows: Mapping[str, Sequence[Json]],
    answers: Mapping[Key, Json],
    scores: Mapping[Key, float],
    wanted: Wanted,
    held: Collection[str] = (),
) -> tuple[list[Json], dict[str, int], dict[str, int]]:
    """Return the pairs, how many answers were left out and why, and how many rows have no pair and why.

    A pair is the row with the better answer as its gold and the worse one as `rejected`, under the row's id and the two
    answers' numbers. Of more pairs than a row may have, the seed and the row's id draw. An answer that was cut off is
    neither better nor worse. ``held``: units of rows that are evaluated, which must not be learned. Raises UserError
    where no row has a pair.
    """
    made, left_out, without = [], Counter(), Counter()
    by_row = grouped(answers)
    for split, of_split in rows.items():
        for row in of_split:
            usable = _usable(by_row.get((split, row["id"]), []), answers, row.get(UNIT) in held, left_out)
            better = [key for key in usable if scores[key] >= wanted.at_least]
            worse = [key for key in usable if scores[key] < wanted.at_least]
            if not (better and worse):
                without[NONE_HIGH if worse else NONE_LOW if better else NOTHING] += 1
                continue
            every = [(one, other) for one in better for other in worse]
            names = [f"{one[2]}-{other[2]}" for one, other in every]
            for lot in sorted(by_lot(names, wanted.seed, f"pairs of {split}/{row['id']}")[: wanted.pairs]):
                one, other = every[lot]
                sides = {wanted.gold: answers[one]["answer"], REJECTED: answers[other]["answer"]}
                others = {GOLDS: None} if GOLDS in row else {}  # what was sampled is all that is learned
                made.append({**row, "id": f"{row['id']}-{names[lot]}", **sides, **others})
    if not made:
        why = ", ".join(f"{count} rows: {reason}" for reason, count in without.items())
        raise UserError(f"no row has a pair ({why or 'there are no answers'}); ask for more samples, or another score")
    return made, dict(left_out), dict(without)


def _usable(keys: Sequence[Key], answers: Mapping[Key, Json], held: bool, left_out: Counter[str]) -> list[Key]:
    """Return the answers of a row that can be a side of a pair; the others are counted."""
    found: list[Key] = []
    for key in keys:
        line = answers[key]
        reason = HELD if held else None if was_asked(line) else UNASKED
        if reason is None and not line["answer"].strip():
            reason = EMPTY
        if reason is None and line.get("finish_reason") == "length":
            reason = CUT
        if reason is None and any(same(line["answer"], answers[one]["answer"]) for one in found):
            reason = AGAIN
        if reason:
            left_out[reason] += 1
        else:
            found.append(key)
    return found
