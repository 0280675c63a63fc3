"""The metric that compares numbers as numbers: exact match with decimal point, sign, fraction and unit.

KorQuAD's rule deletes decimal points and signs: under it ``3.5%`` is ``35%``. Here two texts are equal where they hold
the same numbers with the same units, in the same order, and the same words (normalised by KorQuAD's rule) around them.
How numbers and units are read: `scoring.quantities`. Texts without a number are equal where KorQuAD's rule says so.
Reads and writes nothing; the signature is that of `scoring.given`.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.korquad import normalise
from kotune.core.storage import Json
from kotune.scoring.given import Given
from kotune.scoring.quantities import OMITTED, Part, Quantity, quantities


def _same(one: Part, other: Part) -> bool:
    if not (isinstance(one, Quantity) and isinstance(other, Quantity)):
        return one == other
    if one.value != other.value:
        return False
    units = {one.unit, other.unit}
    return len(units) == 1 or (None in units and (units - {None}) <= OMITTED)


def _equal(answer: str, gold: str) -> bool:
    parts, golds = quantities(answer), quantities(gold)
    if not any(isinstance(part, Quantity) for part in (*parts, *golds)):
        return normalise(answer) == normalise(gold)
    return len(parts) == len(golds) and all(map(_same, parts, golds))


def exact_match_numeric_of(answer: str, gold: str | Sequence[str]) -> float:
    """Return 1.0 where the answer says the numbers, units and words of a gold answer, else 0.0.

    A counting word or a currency that only one of the two tells makes no difference (2조 is 2,000,000,000,000원); two
    different ones do, and so does a percent sign, 배, or the name of a year, month or day.
    """
    return float(any(_equal(answer, one) for one in ([gold] if isinstance(gold, str) else gold)))


def exact_match_numeric(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return each answer's exact match (0 or 1), numbers compared as numbers."""
    return [exact_match_numeric_of(answer, golds) for answer, golds in given.pairs(lines, rows)]
