"""A card's results: the tables of what an arm scored beside its base, and the same as the entries of a `model-index`.

Takes what comparing scores wrote (statistics.json of a study and of its evaluations) and the settings of a card; reads
and writes nothing. Harness evaluations have a module of their own (`export.card_harness`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.markdown import plain, table

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

TASK = "text-generation"  # the hub's id of what these models do
NONE = "–"


@dataclass(frozen=True)
class Score:
    """One score of the arm, beside its base's, where that was measured."""

    split: str
    metric: str
    title: str
    digits: int
    mean: Json
    base: Json | None
    pair: Json | None

    def _figure(self, value: float) -> str:
        return f"{value:,.{self.digits}f}"

    def _with_interval(self, found: Json | None, key: str, sign: str = "") -> str:
        if found is None:
            return NONE
        told = f"{found[key]:{sign},.{self.digits}f}"
        if found.get("low") is None or found.get("no_spread"):
            return told
        return f"{told} [{self._figure(found['low'])}, {self._figure(found['high'])}]"

    def cells(self) -> list[str]:
        """Return the cells of a row."""
        seeds = ", ".join(map(str, self.mean["seeds"]))
        told = self._with_interval(self.base, "mean"), self._with_interval(self.mean, "mean")
        more = self._with_interval(self.pair, "difference", "+")
        return [plain(self.split), plain(self.title), *told, more, f"{self.mean['n']:,}", seeds]


HEAD = ("rows", "metric", "base", "this arm", "difference", "n", "seeds")


def scores_of(statistics: Json, told: Json, model: str, base: str, arm: str) -> list[Score]:
    """Return what an arm scored, the primary metric first.

    ``told``: "metrics", "metric_facts", "primary_metric", "digits" and, where not all of them are shown, "splits".
    ``model``: as the arm's scores name it; ``base``: as the base's do.
    """
    means = {(one["model"], one["arm"], one["split"], one["metric"]): one for one in statistics["means"]}
    pairs = {
        (one["a"]["model"], one["b"]["model"], one["split"], one["metric"]): one
        for one in statistics["pairs"]
        if (one["a"]["arm"], one["b"]["arm"]) == (BASE, arm)
    }
    splits = dict.fromkeys(one["split"] for one in statistics["means"])
    primary = told["primary_metric"]
    found = []
    for split in told.get("splits") or splits:
        for metric in (primary, *(name for name in told["metrics"] if name != primary)):
            mean, facts = means.get((model, arm, split, metric)), told["metric_facts"][metric]
            if mean is None:
                continue
            digits = told["digits"] if facts["share"] else 1
            before, pair = means.get((base, BASE, split, metric)), pairs.get((base, model, split, metric))
            found.append(Score(split, metric, facts["title"], digits, mean, before, pair))
    return found


def table_of(scores: Iterable[Score]) -> list[str]:
    """Return the lines of the table of scores; none where there are none."""
    return table(HEAD, (score.cells() for score in scores))


def notes(statistics: Json, told: Json, scores: Sequence[Score]) -> list[str]:
    """Return what is said below a table of scores."""
    lines = ["In brackets: 95 % intervals, drawn over whole units of rows (articles, or rows that share a text)."]
    if told.get("embedder") and any(score.metric == "similarity" for score in scores):
        lines.append(f"Similarity is by the embedder {plain(told['embedder'])}.")
    if any(len(score.mean["seeds"]) > 1 for score in scores):
        lines.append("Scores are means over the seeds named; this model is one of them.")
    return [*lines, *_overlong(statistics)]


def _overlong(statistics: Json) -> list[str]:
    """Return what became of rows that were too long for somebody, where there were any."""
    found = statistics.get("overlong", {})
    counted = {"zero": "count as 0", "leave_out": "are left out for all that are compared"}
    lines = []
    for split, one in sorted(found.get("splits", {}).items()):
        for asked in one.get("asked", ()):
            missing = one["rows"] - asked.get("rows", one["rows"])
            if missing:
                who = plain(f"{asked.get('model', '')} {asked.get('arm', '')}".strip())
                how = counted.get(found.get("policy"), "")
                lines.append(
                    f"{missing:,} of {one['rows']:,} rows of {plain(split)} are too long for {who}; they {how}."
                )
    return lines


def hub_type(data: Json) -> str:
    """Return a data set's id for a `model-index`: the hub's, else its name in the catalogue."""
    return data["hub_id"] or re.sub(r"[^\w.-]+", "-", data["name"], flags=re.ASCII)


def results_of(scores: Iterable[Score], told: Json, data: Json) -> list[EvalResult]:
    """Return scores as the hub's own class has them; ``data``: the data set whose rows were asked.

    The primary metric, and those of which more, or less, is better: lengths and the like are for the table alone.
    """
    from huggingface_hub import EvalResult

    facts, primary = told["metric_facts"], told["primary_metric"]

    return [
        EvalResult(
            task_type=TASK,
            dataset_type=hub_type(data),
            dataset_name=data["title"],
            dataset_config=data.get("subset"),
            dataset_split=score.split,
            metric_type=score.metric,
            metric_name=score.title,
            metric_value=round(float(score.mean["mean"]), 6),
            metric_args={
                "n": score.mean["n"],
                "seeds": score.mean["seeds"],
                **{key: round(score.mean[key], 6) for key in ("low", "high") if score.mean.get(key) is not None},
            },
        )
        for score in scores
        if score.metric == primary or facts[score.metric]["more_is_better"] is not None
    ]
