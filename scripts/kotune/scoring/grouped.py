"""Statistics by group: rows that a label parts (harmful, borderline, ordinary) are never averaged over all of them.

Takes rows, score files and what `scripts/compare_scores.py` is asked; gives means and pairs in which ``split`` is the
group. A second label parts each group further; of such finer groups there is the primary metric alone, and p values are
corrected over all finer groups of a group; one with a single unit has no interval and is only named. A metric that
needs gold answers is of the groups whose rows have them.
Reads score files; writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from kotune.core.errors import UserError
from kotune.core.names import UNIT
from kotune.core.storage import Json
from kotune.scoring import score_columns, statistics, verdicts
from kotune.scoring.intervals import Settings
from kotune.scoring.overlong import Compared
from kotune.scoring.score_columns import Scores

BETWEEN = "/"  # a finer group is called harmful/privacy


def group_of(row: Json, labels: Sequence[str]) -> str:
    """Return the name of a row's group; UserError for a row without the label."""
    for label in labels:
        if not row.get(label):
            raise UserError(
                f"the row '{row['id']}' has no {label}, by which rows are counted; give each row its {label}"
            )
    return BETWEEN.join(row[label] for label in labels)


def groups_of(rows: Sequence[Json], labels: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of each group's rows, groups in the order in which they first come."""
    found: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        found.setdefault(group_of(row, labels), []).append(place)
    return found


def with_gold(rows: Sequence[Json], column: str, group: str) -> bool:
    """Return whether a group's rows have gold answers; UserError where some have and some have none."""
    have = [bool(row.get(column)) for row in rows]
    if any(have) and not all(have):
        lacking = rows[have.index(False)]["id"]
        raise UserError(
            f"{group}: the row '{lacking}' has no {column} and others of its group do; give all rows of a "
            "group one, or none"
        )
    return all(have)


def _unit(row: Json) -> str:
    return row.get(UNIT) or row["id"]


def _sliced(scores: Scores, split: str, places: Mapping[str, Sequence[int]], metrics: Sequence[str]) -> Scores:
    """Return the scores of groups of one split's rows, by some metrics."""
    rows = {group: [scores.rows[split][place] for place in of] for group, of in places.items()}
    values = {
        contender: {
            (group, metric): [run[list(of)] for run in columns[split, metric]]
            for group, of in places.items()
            for metric in metrics
        }
        for contender, columns in scores.values.items()
    }
    return Scores(rows, {metric: scores.aggregates[metric] for metric in metrics}, values, scores.seeds)


def _gathered(
    files: Sequence[str | os.PathLike], labels: Sequence[Json], compared: Compared, metrics: Sequence[Json], gold: str
) -> dict[bool, Scores]:
    """Return the scores of all rows by metrics without gold answers (False), of rows that have them by all (True)."""
    ((split, rows),) = compared.rows.items()
    free = [metric for metric in metrics if not metric.get("golden")]
    found = {False: score_columns.gather(files, labels, compared.rows, free, compared.left_out)}
    if len(free) < len(metrics):
        left = {(split, row["id"]) for row in rows if not row.get(gold)} | compared.left_out
        kept = {split: [row for row in rows if row.get(gold)]}
        found[True] = score_columns.gather(files, labels, kept, metrics, left)
    return found


def _judged_together(pairs: Sequence[Json], asked: Settings) -> None:
    """Correct the p values of finer groups over all finer groups of a group."""
    joined = [{**pair, "split": pair["split"].split(BETWEEN)[0]} for pair in pairs]
    verdicts.judge(joined, asked.primary_metric, asked.margin)
    for pair, one in zip(pairs, joined, strict=True):
        pair |= {key: one[key] for key in ("p_holm", "family", "verdict") if key in one}


def by_group(
    files: Sequence[str | os.PathLike],
    labels: Sequence[Json],
    compared: Compared,
    asked: Settings,
    settings: Json,
) -> Json:
    """Return ``{"means", "pairs", "finer": {"means", "pairs", "single"}, "groups": [{"name", "n"}]}`` of the one split.

    ``settings``: ``{"by": labels, "gold": column, "metrics", "comparisons"}``; metrics that need gold answers say
    ``golden``.
    """
    ((split, rows),) = compared.rows.items()
    metrics, comparisons, by = settings["metrics"], settings.get("comparisons", []), settings["by"]
    gathered = _gathered(files, labels, compared, metrics, settings["gold"])
    found: Json = {"means": [], "pairs": [], "finer": {"means": [], "pairs": [], "single": []}, "groups": []}
    for group, places in groups_of(rows, by[:1]).items():
        golden = with_gold([rows[place] for place in places], settings["gold"], group) and True in gathered
        scores = gathered[golden]
        index = {row["id"]: place for place, row in enumerate(scores.rows[split])}
        of_group = [index[rows[place]["id"]] for place in places]
        shown = [metric["name"] for metric in metrics if golden or not metric.get("golden")]
        means, pairs = statistics.means_and_pairs(_sliced(scores, split, {group: of_group}, shown), comparisons, asked)
        found["means"] += means
        found["pairs"] += pairs
        found["groups"].append({"name": group, "n": len(places)})
    if asked.primary_metric in [metric["name"] for metric in metrics if not metric.get("golden")]:
        named = groups_of(rows, by)
        several = {name: places for name, places in named.items() if len({_unit(rows[one]) for one in places}) > 1}
        found["finer"]["single"] = [name for name in named if name not in several]
        finer = _sliced(gathered[False], split, several, [asked.primary_metric])
        found["finer"]["means"], found["finer"]["pairs"] = statistics.means_and_pairs(finer, comparisons, asked)
        _judged_together(found["finer"]["pairs"], asked)
    return found
