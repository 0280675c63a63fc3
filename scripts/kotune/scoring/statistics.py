"""Intervals and tests: how far a mean score, or a difference of two, can be trusted.

Reads score files and the rows' articles; gives the means and pairs of ``statistics.json``.

The unit is the article, because questions of one article are not independent: each bootstrap resample draws whole
articles with replacement, and the permutation test flips the sign of an article's whole difference. Without articles
the row is the unit. Scores of several seeds are averaged for each row first. The random numbers depend on the seed and
on the split alone: all means and pairs of a split see the same resamples, so they can be compared, and one more
comparison changes no other.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_jsonl
from kotune.scoring.answer_files import require_same_rows
from kotune.scoring.ensembles import UPPER_BOUNDS

RESAMPLES = 10_000
LEVEL = 0.95
EXACT_UP_TO = 14  # units: 2**14 sign patterns are enumerated, more are drawn at random
_CHUNK = 2**20  # numbers held at a time, so that memory does not grow with the rows


@dataclass(frozen=True)
class Units:
    """What is resampled: ``of_row`` (rows,) holds each row's unit, ``sizes`` (units,) the number of rows of each."""

    of_row: np.ndarray
    sizes: np.ndarray
    word: str  # what a unit is called: article or row
    where: str = "the rows"  # for messages

    @property
    def count(self) -> int:
        return len(self.sizes)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of the values (rows,) in each unit (units,); UserError for a value that is no number."""
        if len(values) != len(self.of_row) or not np.isfinite(values).all():
            raise UserError(
                f"{self.where}: {len(self.of_row)} rows need as many finite scores; a score is missing or NaN"
            )
        return np.bincount(self.of_row, weights=values, minlength=self.count)


def make_units(rows: int, clusters: Sequence[str] | None = None, where: str = "the rows") -> Units:
    """Return the units of ``rows`` rows: the distinct clusters in order of appearance, or the rows themselves."""
    if clusters is None:
        return Units(np.arange(rows), np.ones(rows), "row", where)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    of_row = np.array([numbers[name] for name in clusters], dtype=np.int64)
    return Units(of_row, np.bincount(of_row).astype(float), "article", where)


def generator_for(seed: int, *what: str) -> np.random.Generator:
    """Return the random generator for one purpose: it depends on the seed and the words given, and on nothing else."""
    told = hashlib.sha256("\x1f".join(what).encode("utf-8")).digest()
    return np.random.Generator(np.random.PCG64([seed, int.from_bytes(told[:16], "big")]))


def _draws(units: Units, resamples: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield float arrays (some resamples, units): how often each unit was drawn in each resample."""
    at_a_time = max(1, _CHUNK // units.count)
    for start in range(0, resamples, at_a_time):
        some = min(at_a_time, resamples - start)
        drawn = generator.integers(0, units.count, size=(some, units.count))
        drawn += np.arange(some)[:, None] * units.count
        yield np.bincount(drawn.ravel(), minlength=some * units.count).reshape(some, units.count).astype(float)


def _products(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    # einsum, not @: its sums do not depend on the number of threads or on what else is multiplied
    return np.einsum("ru,u->r", matrix, vector)


def bootstrap_intervals(
    series: Sequence[np.ndarray], units: Units, generator: np.random.Generator, resamples: int = RESAMPLES
) -> list[tuple[float, float]]:
    """Return the 95 % percentile interval of the mean of each series (rows,), all from the same resamples.

    A resample's mean is the sum over all rows of the drawn units, divided by their number of rows.
    """
    if units.count < 2:
        raise UserError(
            f"{units.where}: an interval needs at least two {units.word}s to resample, here is {units.count}; "
            "add rows, or leave the split out of the comparison"
        )
    sums = [units.sums(values) for values in series]
    means = np.empty((len(series), resamples))
    done = 0
    for drawn in _draws(units, resamples, generator):
        here = slice(done, done := done + len(drawn))
        rows = _products(drawn, units.sizes)
        for number, of_series in enumerate(sums):
            means[number, here] = _products(drawn, of_series) / rows
    tail = 100 * (1 - LEVEL) / 2
    return [(float(low), float(high)) for low, high in np.percentile(means, [tail, 100 - tail], axis=1).T]


def _sign_patterns(count: int) -> np.ndarray:
    """Return all 2**count patterns of signs (patterns, count)."""
    bits = np.arange(2**count)[:, None] >> np.arange(count)[None, :] & 1
    return 1.0 - 2.0 * bits


def sign_flip_tests(
    differences: Sequence[np.ndarray], units: Units, generator: np.random.Generator, resamples: int = RESAMPLES
) -> list[tuple[float, str]]:
    """Return for each series of paired differences (rows,) the two-sided p of "no difference", and the test's name.

    Under that hypothesis a unit's difference is as likely to have the other sign. Units without a difference have no
    sign to flip; when at most 14 are left, all sign patterns are enumerated, else ``resamples`` patterns are drawn and
    p is (1 + as extreme) / (1 + drawn).
    """
    sums = [units.sums(values) for values in differences]
    extreme = [0] * len(sums)
    names = [""] * len(sums)
    sampled = []
    for number, of_series in enumerate(sums):
        moving = of_series[of_series != 0.0]
        if len(moving) > EXACT_UP_TO:
            sampled.append(number)
            names[number] = f"sign-flip permutation over {units.word}s ({resamples} random patterns)"
        else:
            extreme[number] = _as_extreme(_sign_patterns(len(moving)), moving)
            names[number] = f"sign-flip permutation over {units.word}s (exact, 2^{len(moving)} patterns)"
    for signs in _random_signs(units.count, resamples, generator) if sampled else ():
        for number in sampled:
            extreme[number] += _as_extreme(signs, sums[number])
    values = []
    for number, of_series in enumerate(sums):
        exact = 2 ** int((of_series != 0.0).sum())
        values.append((1 + extreme[number]) / (1 + resamples) if number in sampled else extreme[number] / exact)
    return list(zip(values, names, strict=True))


def _random_signs(units: int, resamples: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    at_a_time = max(1, _CHUNK // units)
    for start in range(0, resamples, at_a_time):
        some = min(at_a_time, resamples - start)
        yield 1.0 - 2.0 * generator.integers(0, 2, size=(some, units))


def _as_extreme(signs: np.ndarray, sums: np.ndarray) -> int:
    """Count the sign patterns whose total is at least as far from 0 as the observed one, up to rounding."""
    rounding = 1e-12 * float(np.abs(sums).sum())
    return int((np.abs(_products(signs, sums)) >= abs(float(sums.sum())) - rounding).sum())


def read_scores(path: str | os.PathLike) -> dict[tuple[str, str, str], float]:
    """Read a score file into ``{(split, id, metric): value}``; a value that is no finite number is refused by row."""
    scores: dict[tuple[str, str, str], float] = {}
    for number, line in enumerate(read_jsonl(path), start=1):
        key = (line.get("split"), line.get("id"), line.get("metric"))
        value = line.get("value")
        if None in key or isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UserError(f"{path}, score {number}: the row '{key[1]}' has the value {value}, which is no score")
        if key in scores:
            raise UserError(f"{path}: two {key[2]} scores for the row '{key[1]}' of '{key[0]}'; make the file again")
        scores[key] = float(value)
    return scores


Contender = tuple[str, str]  # model and arm; for an ensemble "ensemble" and its method


@dataclass
class Scores:
    """All scores of a study: ``values[contender][split, metric]`` is an array (rows,), averaged over seeds."""

    rows: dict[str, list[Json]]
    values: dict[Contender, dict[tuple[str, str], np.ndarray]]
    seeds: dict[Contender, list[int]]


def gather(
    files: Sequence[str | os.PathLike], labels: Sequence[Json], rows: dict[str, list[Json]], metrics: Sequence[str]
) -> Scores:
    """Read score files into arrays that follow the rows' order, seeds averaged.

    ``labels`` are ``{"model", "arm", "seed"}``, one a file. Raises UserError, naming the file and the first row, when a
    row has no score, and for two files of one model, arm and seed.
    """
    if len(files) != len(labels):
        raise UserError(f"{len(files)} score files but {len(labels)} labels: give one label a file, in the same order")
    by_seed: dict[Contender, dict[int, dict[tuple[str, str], np.ndarray]]] = {}
    for path, label in zip(files, labels, strict=True):
        scores = read_scores(path)
        of_contender = by_seed.setdefault((label["model"], label["arm"]), {})
        if label["seed"] in of_contender:
            raise UserError(f"{path}: a second score file for {label['model']}/{label['arm']}, seed {label['seed']}")
        columns = of_contender[label["seed"]] = {}
        for metric in metrics:
            keys = [(split, name) for split, name, of_metric in scores if of_metric == metric and split in rows]
            require_same_rows(keys, rows, path, what=f"{metric} score")
            for split, of_split in rows.items():
                columns[split, metric] = np.array([scores[split, row["id"], metric] for row in of_split])
    values = {
        contender: {
            # in the order of the seeds' numbers, so that the files' order never changes a last digit
            place: np.mean([columns[place] for _, columns in sorted(seeds.items())], axis=0)
            for place in next(iter(seeds.values()))
        }
        for contender, seeds in by_seed.items()
    }
    return Scores(rows, values, {contender: sorted(seeds) for contender, seeds in by_seed.items()})


def units_of(rows: Sequence[Json], split: str) -> Units:
    """Return the units of a split: its articles, or its rows when they name no article."""
    articles = [row.get("article") for row in rows]
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


def means_and_pairs(
    scores: Scores, metrics: Sequence[str], comparisons: Sequence[Json], seed: int, resamples: int = RESAMPLES
) -> tuple[list[Json], list[Json]]:
    """Return the ``means`` and ``pairs`` of statistics.json, by split, then metric, then contender or comparison."""
    sides = _sides(comparisons, scores)
    means: list[Json] = []
    pairs: list[Json] = []
    for split, rows in scores.rows.items():
        units = units_of(rows, split)
        common = {"n": len(rows), "articles": units.count}
        places = [(metric, one) for metric in metrics for one in scores.values]
        matches = [(metric, number) for metric in metrics for number in range(len(sides))]
        values = [scores.values[one][split, metric] for metric, one in places]
        differences = [
            scores.values[b][split, metric] - scores.values[a][split, metric]
            for metric, (a, b) in ((metric, sides[number]) for metric, number in matches)
        ]
        intervals = bootstrap_intervals(values + differences, units, generator_for(seed, "bootstrap", split), resamples)
        tests = sign_flip_tests(differences, units, generator_for(seed, "signs", split), resamples)
        for (metric, (model, arm)), of_rows, (low, high) in zip(places, values, intervals, strict=False):
            line = {"model": model, "arm": arm, "split": split, "metric": metric, **common}
            line |= {"mean": float(of_rows.mean()), "low": low, "high": high, "seeds": scores.seeds[model, arm]}
            if model == "ensemble" and arm in UPPER_BOUNDS:
                line["upper_bound"] = True
            means.append(line)
        of_pairs = zip(matches, differences, intervals[len(values) :], tests, strict=True)
        for (metric, number), of_rows, (low, high), (p, test) in of_pairs:
            a, b = ({"model": model, "arm": arm} for model, arm in sides[number])
            line = {"name": comparisons[number]["name"], "a": a, "b": b, "split": split, "metric": metric, **common}
            line |= {"difference": float(of_rows.mean()), "low": low, "high": high, "p": p, "test": test}
            pairs.append(line)
    return means, pairs
