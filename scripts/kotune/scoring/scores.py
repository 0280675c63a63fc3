"""Score lines: what each metric makes of each answer, ``{"id", "split", "metric", "value"}``.

Takes rows and answer lines as `scoring.answer_files` reads them; reads and writes nothing. Where an answer has a
``number`` (several samples of a row), its score line has it too. A row that could not be asked has 0 for every metric,
even where nothing is the right answer, and ``"asked": false``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from kotune.core.dotted import loaded
from kotune.core.errors import UserError
from kotune.core.names import ANSWER, GOLDS, REASONING
from kotune.core.storage import Json
from kotune.scoring.answer_files import Key, gold_answers, was_asked
from kotune.scoring.given import Given, Pair, Value


def _values(metric: Json, lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[Json]:
    """Return what one metric says of each line as ``{"value", …}``; UserError for a value that is no score."""
    made: list[Value] = loaded(metric["function"])(lines, rows, given)
    found = [one if isinstance(one, dict) else {"value": one} for one in made]
    low, high = metric.get("bounds", (None, None))
    for line, one in zip(lines, found, strict=True):
        value = one["value"]
        beyond = (low is not None and value < low) or (high is not None and value > high)
        if not math.isfinite(value) or beyond:
            raise UserError(
                f"{metric['name']} of the row '{line['id']}' of '{line['split']}' is {value}, which is no score"
            )
    return [
        one if was_asked(line) else {**one, "value": 0.0, "asked": False}
        for line, one in zip(lines, found, strict=True)
    ]


def score_rows(
    answers: Mapping[Key, Json],
    rows: Mapping[str, Sequence[Json]],
    metrics: Sequence[Json],
    similarities: Callable[[list[Pair]], list[float]] | None = None,
    gold: str = ANSWER,
    reasoning: str | None = REASONING,
    golden: Collection[str] | None = None,
) -> list[Json]:
    """Score each answer to ``rows`` and return score lines: by split, row, number, then metric, in the order given.

    ``answers`` hold a line for each row, or several (`require_same_rows` has looked). ``metrics``: ``{"name",
    "function": dotted name, "bounds"}`` (`study.metrics`). ``similarities`` gives one value for each (answer, gold
    answers) pair; ``gold`` and ``reasoning`` name the rows' columns. ``golden``: the metrics that need gold answers,
    where rows may lack them; such a row has no line of these. Raises UserError for another row without gold answers, a
    metric that wants what is not there, and a value that is no number or beyond the metric's bounds.
    """
    by_row: dict[tuple[str, str], list[Json]] = {}
    for (split, name, _), line in sorted(answers.items(), key=lambda item: item[0][2]):
        by_row.setdefault((split, name), []).append(line)
    lines, of_lines = [], []
    for split, of_split in rows.items():
        for row in of_split:
            for line in by_row[split, row["id"]]:
                lines.append(line)
                of_lines.append(row)
    if golden is None:
        for line, row in zip(lines, of_lines, strict=True):
            gold_answers(row, line["split"], gold)  # a row without one belongs to no score, whatever is looked at
    values = {}
    for metric in metrics:
        needs = golden is not None and metric["name"] in golden
        places = [place for place, row in enumerate(of_lines) if not needs or row.get(GOLDS) or row.get(gold)]
        given = Given(metric["name"], gold, reasoning, similarities)
        found = _values(metric, [lines[place] for place in places], [of_lines[place] for place in places], given)
        values[metric["name"]] = dict(zip(places, found, strict=True))
    return [
        {
            "id": line["id"],
            **({"number": line["number"]} if "number" in line else {}),
            "split": line["split"],
            "metric": metric["name"],
            **values[metric["name"]][place],
        }
        for place, line in enumerate(lines)
        for metric in metrics
        if place in values[metric["name"]]
    ]


def mean_scores(lines: Iterable[Json]) -> dict[str, dict[str, float]]:
    """Return ``{split: {metric: mean}}`` of score lines."""
    values: dict[str, dict[str, list[float]]] = {}
    for line in lines:
        values.setdefault(line["split"], {}).setdefault(line["metric"], []).append(line["value"])
    return {
        split: {metric: math.fsum(column) / len(column) for metric, column in of_split.items()}
        for split, of_split in values.items()
    }
