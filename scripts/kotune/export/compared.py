"""Whether an exported model answers like its arm: agreement, score and the share that hits the limit, on the same rows.

Takes answer lines and rows; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.scoring.answer_files import Key, counts_of
from kotune.scoring.resampling import (
    aggregate_estimate,
    difference_estimate,
    generator_for,
    intervals_of,
    mean_estimate,
)
from kotune.scoring.score_columns import aggregates_of, units_of
from kotune.scoring.scores import score_rows
from kotune.scoring.similarity import Likeness

SEED = 20240901  # of the resamples; nothing is learned of it


def _scores(answers: dict[Key, Json], rows: list[Json], split: str, asked: Json) -> list[Json]:
    likeness = Likeness(asked["embedder"], asked.get("cache")) if asked.get("embedder") else None
    return score_rows(answers, {split: rows}, [asked["metric"]], likeness, asked["gold"], asked.get("reasoning"))


def difference(before: list[Json], after: list[Json], rows: Sequence[Json], split: str, metric: Json) -> Json:
    """Return the score of both, their difference and its 95 % interval, drawn over articles; of one article none."""
    aggregate, units = aggregates_of([metric])[metric["name"]], units_of(rows, split)
    estimates = []
    for lines in (before, after):
        by_row: dict[str, list[Json]] = {}
        for line in lines:
            by_row.setdefault(line["id"], []).append(line)
        parts = aggregate.parts_of([by_row[row["id"]] for row in rows])
        estimates.append(
            mean_estimate(parts[:, 0], units) if aggregate.mean else aggregate_estimate(aggregate, parts, units)
        )
    once, all_rows = units.sizes[None] ** 0, units.sizes.sum()[None]
    values = [float(one(once, all_rows)[0]) for one in estimates]
    found = {"metric": metric["name"], "before": values[0], "after": values[1], "difference": values[1] - values[0]}
    if units.count < 2:
        return {**found, "low": None, "high": None}
    drawn = intervals_of([difference_estimate(*estimates)], units, generator_for(SEED, "export", split))
    return {**found, "low": drawn[0][0], "high": drawn[0][1]}


def compared(before: dict[Key, Json], after: dict[Key, Json], rows: list[Json], split: str, asked: Json) -> Json:
    """Return what is said of an export's answers beside its arm's; ``asked``: the metric, and how it is scored.

    ``loses``: whether the score fell by more than its noise, that is, whether the interval of the difference lies
    below zero; where no interval can be drawn, whether it fell.
    """
    keys = [key for key in before if key[0] == split]
    of_arm, of_export = {key: before[key] for key in keys}, {key: after[key] for key in keys}
    score = difference(
        *(_scores(answers, rows, split, asked) for answers in (of_arm, of_export)), rows, split, asked["metric"]
    )
    counts = [counts_of(answers.values())[split] for answers in (of_arm, of_export)]
    asked_of = counts[0]["asked"] or 1
    high = score["difference"] if score["high"] is None else score["high"]
    return {
        "split": split,
        "rows": len(keys),
        "agreement": sum(of_arm[key]["answer"] == of_export[key]["answer"] for key in keys) / len(keys),
        "score": score,
        "limit": {"before": counts[0]["cut_off"] / asked_of, "after": counts[1]["cut_off"] / asked_of},
        "loses": high < 0,
    }
