"""What tuning taught, form or content: the gain in exact match, split in two, for all rows and by kind of answer.

Reads rows and answers; gives entries for numbers.json. An answer that equals a gold answer contains it, so that the
gain in exact match is the gain in answers that contain a gold answer (content) and what is left (form). A row that a
model was not asked counts 0, or is left out with `overlong: leave_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kotune.core.names import BASE, LEAVE_OUT, UNIT
from kotune.core.storage import Json, read_jsonl, read_parquet
from kotune.printing.numbers import content_key, count, number
from kotune.report.gather.study import read_statistics
from kotune.report.view import Report, Treatment
from kotune.scoring.aggregates.mean import mean
from kotune.scoring.answer_files import gold_answers
from kotune.scoring.ballots import vote_of
from kotune.scoring.intervals import Settings, intervals_on
from kotune.scoring.kinds import kind_of
from kotune.scoring.metrics.text import contains_gold_of, exact_match_of
from kotune.scoring.resampling import make_units
from kotune.scoring.runs import single

ALL, IN_CONTEXT, NOT_IN_CONTEXT = "all", "in the context", "not in the context"
PARTS = ("base", "tuned", "difference", "content", "form")
SHARE = {"binary": True, "bounds": (0.0, 1.0)}  # of base and tuned, as `study.metrics` has it of exact match


@dataclass(frozen=True)
class Row:
    """A row as it is looked at here: its groups (`ALL` among them), gold answers and article."""

    groups: tuple[str, ...]
    golds: list[str]
    article: str


def _rows(report: Report, split: str) -> dict[str, Row]:
    """Return the rows of a split that are compared, by id."""
    task, found = report["task"], {}
    for row in read_parquet(report.rows(report.first["rowset"], split)).to_dicts():
        golds = gold_answers(row, split, task["gold"])
        groups = [ALL, kind_of(golds[0])]
        contexts = [row[column["name"]] for column in task["asked"] if column["long"] and row.get(column["name"])]
        if contexts:
            inside = any(contains_gold_of(context, golds) for context in contexts)
            groups.append(IN_CONTEXT if inside else NOT_IN_CONTEXT)
        found[row["id"]] = Row(tuple(groups), golds, row.get(UNIT) or row["id"])
    return found


def _answers(report: Report, treatment: Treatment, split: str) -> dict[str, str | None]:
    """Return each row's answer, of several samples the first; None where the model was not asked the row."""
    lines = read_jsonl(report.answers(report.real(treatment)))
    return {line["id"]: vote_of(line) for line in lines if line["split"] == split and not line.get("number")}


def _unasked(report: Report, split: str) -> set[str]:
    """Return the rows of a split that some model was not asked."""
    every = (_answers(report, one, split) for one in report.treatments())
    return {name for answers in every for name, answer in answers.items() if answer is None}


def _scores(rows: dict[str, Row], answers: Sequence[dict[str, str | None]]) -> tuple[np.ndarray, np.ndarray]:
    """Return exact match and containment of each seed and row: (seeds, rows) each."""

    def of(metric: Callable[[str, list[str]], float]) -> np.ndarray:
        values = [
            [0.0 if of_seed.get(name) is None else metric(of_seed[name], row.golds) for name, row in rows.items()]
            for of_seed in answers
        ]
        return np.array(values, dtype=float).reshape(len(answers), len(rows))

    return of(exact_match_of), of(contains_gold_of)


def _entries(
    digits: int, asked: Settings, start: str, values: dict[str, np.ndarray], articles: list[str], records: list[str]
) -> Json:
    """Return the numbers of one group of rows, each with its interval; ``values``: (seeds, rows) of each part."""
    units = make_units(len(articles), articles, start)
    runs = [single(mean, list(of_part), units) for of_part in values.values()]
    alone = [{"low": one.point, "high": one.point, "no_spread": units.count} for one in runs]
    found = intervals_on(runs, PARTS, units, start, asked) if units.count > 1 else alone  # of one article none is drawn
    entries: Json = {f"{start}.rows": count(len(articles), records)}
    for part, one, interval in zip(PARTS, runs, found, strict=True):
        facts = {"n": len(articles), "articles": units.count, "no_spread": interval.get("no_spread")}
        bounds, signed = (interval["low"], interval["high"]), part not in PARTS[:2]
        entries[f"{start}.{part}"] = number(one.point, digits, records, bounds, sign=signed, **facts)
    return entries


def _of_model(report: Report, asked: Settings, rows: dict[str, Row], side: tuple[str, str], split: str) -> Json:
    """Return the numbers of one tuned model (with its arm) on a split, group by group."""
    model, arm = side
    sides = [[(model, of, seed) for seed in report.seeds(of)] for of in (BASE, arm)]
    (exact, held), (exact_tuned, held_tuned) = (
        _scores(rows, [_answers(report, one, split) for one in side]) for side in sides
    )
    gain, more = exact_tuned - exact, held_tuned - held  # a base of one run stands against each seed
    values = dict(zip(PARTS, (exact, exact_tuned, gain, more, gain - more), strict=True))
    records = [report.shown(report.answers(report.real(one), "record.json")) for side in sides for one in side]
    entries: Json = {}
    for group in dict.fromkeys(group for row in rows.values() for group in row.groups):
        chosen = [place for place, row in enumerate(rows.values()) if group in row.groups]
        articles = [row.article for row in rows.values() if group in row.groups]
        start = content_key(report.name, model, arm, split, group)
        of_group = {part: one[:, chosen] for part, one in values.items()}
        entries |= _entries(report["digits"], asked, start, of_group, articles, records)
    return entries


def content(report: Report) -> dict[str, Json]:
    """Return, for each tuned model and group of rows of each reported split, what of its gain is form and content."""
    if BASE not in report["arms"]:
        return {}
    statistics = read_statistics(report)  # once: it grows with the arms
    asked = Settings(statistics["seed"], statistics["resamples"], facts=dict.fromkeys(PARTS[:2], SHARE))
    entries: dict[str, Json] = {}
    for split in report["reported"]:
        unasked = _unasked(report, split) if statistics["overlong"]["policy"] == LEAVE_OUT else set()
        rows = {name: row for name, row in _rows(report, split).items() if name not in unasked}
        for arm in report.tuned_arms:
            for model in report["arms"][arm]["models"]:
                if rows and model in report.bases:
                    entries |= _of_model(report, asked, rows, (model, arm), split)
    return entries
