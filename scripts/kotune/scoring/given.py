"""The one signature that all metrics share, and what they are given besides answers and rows.

A metric is a function ``metric(lines, rows, given)`` in `scoring.metrics`, loaded by the dotted name that
`study.metrics` gives it. ``lines`` are answer lines; ``rows`` are the rows that they answer, one for each line, in the
same order (a row stands several times where it was answered several times). It returns one value for each line: a
number, or, where the aggregate wants more than a number, an object ``{"value": number, …}`` whose other keys go into
the score line (`scoring.aggregates`). It raises UserError where something that it needs is not there; a value is never
made up. Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kotune.core.errors import UserError
from kotune.core.names import ANSWER, REASONING
from kotune.core.storage import Json
from kotune.scoring.answer_files import gold_answers

Pair = tuple[str, Sequence[str]]  # an answer and the gold answers of its row
Value = float | Json
Metric = Callable[[Sequence[Json], Sequence[Json], "Given"], list[Value]]


@dataclass(frozen=True)
class Given:
    """What a metric is given: its own name (for messages), the rows' columns of gold answers, and an embedder.

    ``reasoning``: the column of gold reasonings. ``likeness`` returns the similarity of each pair (-1..1); None where
    the study has no embedder. ``may_miss``: whether an answer of which nothing could be found out, because its program
    was not run, has the value None; else there is no score at all.
    """

    metric: str
    gold: str = ANSWER
    reasoning: str | None = REASONING
    likeness: Callable[[list[Pair]], list[float]] | None = None
    may_miss: bool = False

    def golds(self, lines: Sequence[Json], rows: Sequence[Json]) -> list[list[str]]:
        """Return each row's gold answers; UserError for a row without any."""
        return [gold_answers(row, line["split"], self.gold) for line, row in zip(lines, rows, strict=True)]

    def pairs(self, lines: Sequence[Json], rows: Sequence[Json]) -> list[Pair]:
        """Return each answer with its row's gold answers."""
        return [(line["answer"], golds) for line, golds in zip(lines, self.golds(lines, rows), strict=True)]

    def similarities(self, pairs: list[Pair]) -> list[float]:
        """Return the similarity of each pair (-1..1); UserError without an embedder."""
        if self.likeness is None:
            raise UserError(f"metric '{self.metric}' cannot be computed: no embedder was given")
        return self.likeness(pairs)
