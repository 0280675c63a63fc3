"""Intervals and tests: how far a score of a set of rows, or a difference of two, can be trusted.

Reads score files and the rows' articles; gives the means and pairs of ``statistics.json``. How rows make one number is
the metric's aggregate (`scoring.aggregates`); the mean as a rule.

Scores of several seeds are averaged for each row first. The random numbers depend on the seed and on the split alone:
all means and pairs of a split see the same resamples, so they can be compared, and one more comparison changes no
other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kotune.core.dotted import loaded
from kotune.core.errors import UserError, nearest
from kotune.core.names import ENSEMBLE, UNIT
from kotune.core.storage import Json, read_jsonl
from kotune.scoring.aggregates.kind import Aggregate
from kotune.scoring.answer_files import Key, key_of, require_same_rows
from kotune.scoring.ensembles import bounds
from kotune.scoring.resampling import (
    RESAMPLES,
    Estimate,
    Units,
    aggregate_estimate,
    difference_estimate,
    generator_for,
    intervals_of,
    make_units,
    mean_estimate,
    sign_flip_tests,
    swap_tests,
)

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
    """All scores of a study, averaged over seeds.

    ``values[contender][split, metric]`` is an array (rows,) where the metric's aggregate is the mean, else its parts
    (rows, parts).
    """

    rows: dict[str, list[Json]]
    aggregates: dict[str, Aggregate]
    values: dict[Contender, dict[tuple[str, str], np.ndarray]]
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
    """Read score files into arrays that follow the rows' order, seeds averaged.

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
            place: np.mean([columns[place] for _, columns in sorted(seeds.items())], axis=0)
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


def _sides(comparisons: Sequence[Json], scores: Scores) -> list[tuple[Contender, Contender]]:
    """Return the two contenders of each comparison; UserError when one has no scores."""
    sides = [tuple((comparison[side]["model"], comparison[side]["arm"]) for side in "ab") for comparison in comparisons]
    for comparison, pair in zip(comparisons, sides, strict=True):
        for contender in pair:
            if contender not in scores.values:
                hint = nearest("/".join(contender), ["/".join(one) for one in scores.values])
                raise UserError(f"comparison '{comparison['name']}': no scores for {'/'.join(contender)}{hint}")
    return sides


def _estimate(aggregate: Aggregate, values: np.ndarray, units: Units) -> Estimate:
    return mean_estimate(values, units) if aggregate.mean else aggregate_estimate(aggregate, values, units)


def _point(aggregate: Aggregate, values: np.ndarray) -> float:
    """Return what an aggregate says of all rows."""
    if aggregate.mean:
        return float(values.mean())
    return float(aggregate.value(values.sum(axis=0)[None], np.array([len(values)]))[0])


@dataclass(frozen=True)
class Pair:
    """Two contenders by one metric: the comparison's number, its values (see `Scores`)."""

    metric: str
    number: int
    aggregate: Aggregate
    a: np.ndarray
    b: np.ndarray

    def estimate(self, units: Units) -> Estimate:
        """Return the difference: of a mean, row by row."""
        if self.aggregate.mean:
            return mean_estimate(self.b - self.a, units)
        return difference_estimate(
            aggregate_estimate(self.aggregate, self.a, units), aggregate_estimate(self.aggregate, self.b, units)
        )

    @property
    def difference(self) -> float:
        """What b has more than a, over all rows."""
        if self.aggregate.mean:
            return float((self.b - self.a).mean())
        return _point(self.aggregate, self.b) - _point(self.aggregate, self.a)


def _tests(pairs: Sequence[Pair], units: Units, seed: int, split: str, resamples: int) -> list[tuple[float, str]]:
    """Return each pair's p and test; those of means and of other aggregates see the same random patterns."""
    means = [pair.b - pair.a for pair in pairs if pair.aggregate.mean]
    others = [(pair.aggregate, pair.a, pair.b) for pair in pairs if not pair.aggregate.mean]
    of_means = iter(sign_flip_tests(means, units, generator_for(seed, "signs", split), resamples))
    of_others = iter(swap_tests(others, units, generator_for(seed, "signs", split), resamples))
    return [next(of_means if pair.aggregate.mean else of_others) for pair in pairs]


def means_and_pairs(
    scores: Scores, comparisons: Sequence[Json], seed: int, resamples: int = RESAMPLES
) -> tuple[list[Json], list[Json]]:
    """Return the ``means`` and ``pairs`` of statistics.json, by split, then metric, then contender or comparison."""
    sides = _sides(comparisons, scores)
    means: list[Json] = []
    pairs: list[Json] = []
    for split, rows in scores.rows.items():
        units = units_of(rows, split)
        common = {"n": len(rows), "articles": units.count}
        places = [(metric, one) for metric in scores.aggregates for one in scores.values]
        matches = [
            Pair(metric, number, aggregate, *(scores.values[one][split, metric] for one in sides[number]))
            for metric, aggregate in scores.aggregates.items()
            for number in range(len(sides))
        ]
        estimates = [
            _estimate(scores.aggregates[metric], scores.values[one][split, metric], units) for metric, one in places
        ]
        estimates += [pair.estimate(units) for pair in matches]
        intervals = intervals_of(estimates, units, generator_for(seed, "bootstrap", split), resamples)
        for (metric, (model, arm)), (low, high) in zip(places, intervals, strict=False):
            line = {"model": model, "arm": arm, "split": split, "metric": metric, **common}
            value = _point(scores.aggregates[metric], scores.values[model, arm][split, metric])
            line |= {"mean": value, "low": low, "high": high, "seeds": scores.seeds[model, arm]}
            if model == ENSEMBLE and bounds(arm, metric):
                line["upper_bound"] = True
            means.append(line)
        tests = _tests(matches, units, seed, split, resamples)
        for pair, (low, high), (p, test) in zip(matches, intervals[len(places) :], tests, strict=True):
            a, b = ({"model": model, "arm": arm} for model, arm in sides[pair.number])
            line = {"name": comparisons[pair.number]["name"], "a": a, "b": b, "split": split, "metric": pair.metric}
            line |= {**common, "difference": pair.difference, "low": low, "high": high, "p": p, "test": test}
            pairs.append(line)
    return means, pairs
