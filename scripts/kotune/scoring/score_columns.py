"""Score files as arrays that follow the rows' order: what the statistics compute with.

Reads score files and the rows' articles; writes nothing. How rows make one number is the metric's aggregate
(`scoring.aggregates`); the mean as a rule.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kotune.core.dotted import loaded
from kotune.core.errors import UserError
from kotune.core.names import UNIT
from kotune.core.storage import Json, read_jsonl
from kotune.scoring.aggregates.kind import Aggregate
from kotune.scoring.answer_files import Key, key_of, require_same_rows
from kotune.scoring.resampling import Units, make_units

Contender = tuple[str, str]  # model and arm; for an ensemble "ensemble" and its method


def aggregates_of(metrics: Sequence[Json]) -> dict[str, Aggregate]:
    """Return each metric's aggregate; ``metrics``: ``{"name", "aggregate": dotted name}`` (`study.metrics`)."""
    return {metric["name"]: loaded(metric["aggregate"]) for metric in metrics}


def read_scores(path: str | os.PathLike) -> dict[str, dict[Key, Json]]:
    """Read a score file into ``{metric: {(split, id, number): line}}``; a value that is no number is refused by row."""
    scores: dict[str, dict[Key, Json]] = {}
    for place, line in enumerate(read_jsonl(path), start=1):
        value, metric = line.get("value"), line.get("metric")
        known = None not in (line.get("split"), line.get("id"), metric)
        if not known or isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UserError(
                f"{path}, score {place}: the row '{line.get('id')}' has the value {value}, which is no score"
            )
        key, of_metric = key_of(line), scores.setdefault(metric, {})
        if key in of_metric:
            raise UserError(f"{path}: two {metric} scores for the row '{key[1]}' of '{key[0]}'; make the file again")
        of_metric[key] = line
    return scores


@dataclass
class Scores:
    """All scores of a study.

    ``values[contender][split, metric]`` has an array for each run, in the order of the seeds: (rows,) where the
    metric's aggregate is the mean, else its parts (rows, parts).
    """

    rows: dict[str, list[Json]]
    aggregates: dict[str, Aggregate]
    values: dict[Contender, dict[tuple[str, str], list[np.ndarray]]]
    seeds: dict[Contender, list[int]]


def _columns(
    path: str | os.PathLike,
    rows: dict[str, list[Json]],
    aggregates: Mapping[str, Aggregate],
    left_out: Collection[tuple[str, str]],
) -> dict[tuple[str, str], np.ndarray]:
    """Return one score file as arrays that follow the rows' order, by split and metric."""
    scores, columns = read_scores(path), {}
    for metric, aggregate in aggregates.items():
        lines = {key: line for key, line in scores.get(metric, {}).items() if key[0] in rows}
        lines = {key: line for key, line in lines.items() if key[:2] not in left_out}
        require_same_rows(lines, rows, path, what=f"{metric} score")
        of_row: dict[tuple[str, str], list[Json]] = {}
        for (split, name, _), line in sorted(lines.items(), key=lambda item: item[0][2]):
            of_row.setdefault((split, name), []).append(line)
        for split, of_split in rows.items():
            parts = aggregate.parts_of([of_row[split, row["id"]] for row in of_split])
            columns[split, metric] = parts[:, 0] if aggregate.mean else parts
    return columns


def gather(
    files: Sequence[str | os.PathLike],
    labels: Sequence[Json],
    rows: dict[str, list[Json]],
    metrics: Sequence[Json],
    left_out: Collection[tuple[str, str]] = (),
) -> Scores:
    """Read score files into arrays that follow the rows' order, one a run.

    ``labels`` are ``{"model", "arm", "seed"}``, one a file; ``metrics``: see `aggregates_of`. ``left_out``: (split, id)
    of rows that were scored and are not compared (`scoring.overlong`). Raises UserError, naming the file and the first
    row, when a row has no score, and for two files of one model, arm and seed.
    """
    if len(files) != len(labels):
        raise UserError(f"{len(files)} score files but {len(labels)} labels: give one label a file, in the same order")
    aggregates = aggregates_of(metrics)
    by_seed: dict[Contender, dict[int, dict[tuple[str, str], np.ndarray]]] = {}
    for path, label in zip(files, labels, strict=True):
        columns = _columns(path, rows, aggregates, left_out)
        of_contender = by_seed.setdefault((label["model"], label["arm"]), {})
        if label["seed"] in of_contender:
            raise UserError(f"{path}: a second score file for {label['model']}/{label['arm']}, seed {label['seed']}")
        of_contender[label["seed"]] = columns
    values = {
        contender: {
            # in the order of the seeds' numbers, so that the files' order never changes a last digit
            place: [columns[place] for _, columns in sorted(seeds.items())]
            for place in next(iter(seeds.values()))
        }
        for contender, seeds in by_seed.items()
    }
    return Scores(rows, aggregates, values, {contender: sorted(seeds) for contender, seeds in by_seed.items()})


def units_of(rows: Sequence[Json], split: str) -> Units:
    """Return the units of a split: its articles, or its rows when they name no article."""
    articles = [row.get(UNIT) for row in rows]
    unnamed = [row["id"] for row, article in zip(rows, articles, strict=True) if article is None]
    if unnamed and len(unnamed) < len(rows):
        raise UserError(f"rows of '{split}': the row '{unnamed[0]}' names no article but others do; name all or none")
    return make_units(len(rows), None if unnamed else articles, f"the split '{split}'")
