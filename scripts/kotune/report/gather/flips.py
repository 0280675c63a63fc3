"""Which rows tuning mended, and which it broke: base against each arm, by the study's rule of right answers.

Reads statistics.json, rows and scores, of the study's own rows and of its evaluations; gives entries for numbers.json.
Counts are of answers: of several seeds, each is held against the base (of several samples of a row, the first is). The
difference, its interval and its test are what `scoring.statistics` makes of rows that are right or wrong. Where an
evaluation parts its rows by a label, each group is counted for itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kotune.core.names import BASE, LEAVE_OUT, UNIT
from kotune.core.storage import Json, read_jsonl, read_parquet
from kotune.printing.numbers import count, flips_key, number, p_text
from kotune.report.flipped import RIGHT, Asked, asked_of, treatments_of
from kotune.report.gather.study import read_statistics
from kotune.report.view import Report
from kotune.scoring.aggregates.mean import mean
from kotune.scoring.flips import flips_of, is_right
from kotune.scoring.grouped import groups_of
from kotune.scoring.intervals import Settings
from kotune.scoring.score_columns import Scores
from kotune.scoring.statistics import means_and_pairs


def verdicts_of(path: Path, rule: Json) -> tuple[dict[tuple[str, str], bool], set[tuple[str, str]]]:
    """Return whether the answer to each (split, row) of a score file is right, and the rows that were not asked."""
    found: dict[tuple[str, str], bool] = {}
    unasked = set()
    for line in read_jsonl(path):
        if line["metric"] == rule["metric"] and not line.get("number"):
            row = line["split"], line["id"]
            found[row] = bool(is_right(rule, {line["metric"]: line["value"]}))
            if not line.get("asked", True):
                unasked.add(row)
    return found, unasked


def _groups(report: Report, asked: Asked, given: Sequence[Mapping], left_out: set) -> dict[str, list[Json]]:
    """Return the rows of each split, or of each group of a split, that every side has a verdict on."""
    found: dict[str, list[Json]] = {}
    for split in asked.splits:
        columns = read_parquet(asked.rows(report, split))
        kept = [name for name in ("id", UNIT, *asked.by) if name in columns.columns]
        rows = [
            row | {"split": split}
            for row in columns.select(kept).to_dicts()
            if (split, row["id"]) not in left_out and all((split, row["id"]) in one for one in given)
        ]
        parts = groups_of(rows, asked.by[:1]) if asked.by else {split: list(range(len(rows)))}
        found |= {name: [rows[place] for place in places] for name, places in parts.items() if places}
    return found


def _of_evaluation(report: Report, asked: Asked, statistics: Json) -> dict[str, Json]:
    """Return the numbers of one evaluation."""
    verdicts, left_out = {}, set()
    for one in treatments_of(report, asked):
        verdicts[one], unasked = verdicts_of(asked.scores(report, one), asked.rule)
        left_out |= unasked if statistics["overlong"]["policy"] == LEAVE_OUT else set()
    groups = _groups(report, asked, list(verdicts.values()), left_out)
    sides = list(dict.fromkeys((model, arm) for model, arm, _ in verdicts))
    values = {
        side: {
            (group, RIGHT): [
                np.array([verdicts[*side, seed][row["split"], row["id"]] for row in rows], dtype=float)
                for seed in report.seeds(side[1])
            ]
            for group, rows in groups.items()
        }
        for side in sides
    }
    scores = Scores(groups, {RIGHT: mean}, values, {side: list(report.seeds(side[1])) for side in sides})
    entries: dict[str, Json] = {}
    for line in _tested(report, asked, scores, statistics):
        (model, arm), group = (line["b"]["model"], line["b"]["arm"]), line["split"]
        records = [
            report.shown(asked.scores(report, (model, of, seed), "record.json"))
            for of in (BASE, arm)
            for seed in report.seeds(of)
        ]
        base, tuned = (values[model, of][group, RIGHT] for of in (BASE, arm))
        key = flips_key(report.name, asked.name, model, arm, group)
        entries |= {f"{key}.{name}": count(value, records) for name, value in flips_of(base, tuned).items()}
        entries |= _difference(report, key, line, records)
    return entries


def _tested(report: Report, asked: Asked, scores: Scores, statistics: Json) -> list[Json]:
    """Return the difference of each pair on each group, with interval and test; of a single unit there is neither."""
    comparisons = [
        {
            "name": f"{arm}-vs-{BASE}",
            "claim": RIGHT,
            "a": {"model": model, "arm": BASE},
            "b": {"model": model, "arm": arm},
        }
        for model, arm in asked.pairs(report)
    ]
    untuned = [name for name, arm in report["arms"].items() if arm["recipe"] is None]
    facts = {RIGHT: {"binary": True, "bounds": (0.0, 1.0)}}
    how = Settings(statistics["seed"], statistics["resamples"], primary_metric=RIGHT, facts=facts, untuned=untuned)
    several = {
        group: rows for group, rows in scores.rows.items() if len({row.get(UNIT) or row["id"] for row in rows}) > 1
    }
    lines = means_and_pairs(Scores(several, scores.aggregates, scores.values, scores.seeds), comparisons, how)[1]
    single = [
        {**one, "split": group, "difference": None}
        for group in scores.rows
        if group not in several
        for one in comparisons
    ]
    return [*lines, *single]


def _difference(report: Report, key: str, line: Json, records: list[str]) -> dict[str, Json]:
    """Return the difference in the share of right answers, and its p."""
    if line["difference"] is None:
        return {}
    facts = {name: line[name] for name in ("n", "articles")}
    bounds = line["low"], line["high"]
    told = {"no_spread": line.get("no_spread"), "verdict": line["verdict"], **facts}
    return {
        f"{key}.difference": number(line["difference"], report["digits"], records, bounds, sign=True, **told),
        f"{key}.p": number(line["p"], 3, records, text=p_text(line["p"]), test=line["test"], **facts),
        f"{key}.p_holm": number(
            line["p_holm"], 3, records, text=p_text(line["p_holm"]), family=line["family"], **facts
        ),
    }


def flips(report: Report) -> dict[str, Json]:
    """Return, of each evaluation, arm and split or group, how many rows tuning broke and mended, and the difference."""
    asked = asked_of(report)
    statistics = read_statistics(report) if asked else {}
    entries: dict[str, Json] = {}
    for one in asked:
        entries |= _of_evaluation(report, one, statistics)
    return entries
