"""Metrics of the reasoning behind an answer: against the row's own reasoning, and against the answer that was given.

Reads and writes nothing; the signature is that of `scoring.given`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.scoring.given import Given, Pair
from kotune.scoring.metrics.text import UnicodeForm, normalise, rouge_l_of


def consistency_of(answer: str, reasoning: str, unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return 1.0 where the normalised reasoning contains the normalised answer, and that is not empty; else 0.0."""
    said = normalise(answer, unicode_form)
    return float(bool(said) and said in normalise(reasoning, unicode_form))


def _given_reasonings(lines: Iterable[Json], metric: str) -> list[str]:
    """Return each answer's reasoning; UserError where an answer was given without any."""
    found = []
    for line in lines:
        if not isinstance(line.get("reasoning"), str):
            raise UserError(
                f"metric '{metric}' cannot be computed: the answer for the row '{line['id']}' of '{line['split']}' has "
                "no 'reasoning'; answer with a prompt whose parts name it, or leave the metric out"
            )
        found.append(line["reasoning"])
    return found


def _gold_reasonings(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[str]:
    """Return each row's own reasoning; UserError where a row, or all of them, have none."""
    column = given.reasoning
    if column is None:
        raise UserError(f"metric '{given.metric}' cannot be computed: rows of this task have no reasoning")
    for line, row in zip(lines, rows, strict=True):
        if not row.get(column):
            what = "is empty" if column in row else "is no column of them"
            raise UserError(
                f"metric '{given.metric}' cannot be computed: rows of '{line['split']}', '{row['id']}': {column} "
                f"{what}; give each row its reasoning, or leave the metric out"
            )
    return [row[column] for row in rows]


def _pairs(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[Pair]:
    golds = [[gold] for gold in _gold_reasonings(lines, rows, given)]
    return list(zip(_given_reasonings(lines, given.metric), golds, strict=True))


def consistency(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each reasoning contains the answer that it is given for (0 or 1)."""
    answers = [line["answer"] for line in lines]
    return list(map(consistency_of, answers, _given_reasonings(lines, given.metric)))


def reasoning_similarity(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return each reasoning's similarity to the row's own (-1..1)."""
    return given.similarities(_pairs(lines, rows, given))


def reasoning_rouge_l(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return each reasoning's ROUGE-L to the row's own (0..1)."""
    return [rouge_l_of(reasoning, golds) for reasoning, golds in _pairs(lines, rows, given)]
