"""Intervals and tests: how far a score of a set of rows, or a difference of two, can be trusted.

Takes the scores of `scoring.score_columns`; gives the means, pairs and gaps of ``statistics.json``.

Of one run articles alone are drawn at random: what is said holds for this adapter. Of two to nine seeds, both seeds and
articles are (`scoring.seeds`): a t interval, and p by the same model; from ten on both are resampled. A base has one
run and no seed: where it is compared, the other side's seeds count. The random numbers depend on the seed and on the
split alone: all means and pairs of a split see the same resamples, and one more comparison changes no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kotune.core.errors import UserError, nearest
from kotune.core.names import ENSEMBLE
from kotune.core.storage import Json
from kotune.scoring import verdicts
from kotune.scoring.ensembles import BOUNDED, bounds
from kotune.scoring.intervals import Settings, intervals_on
from kotune.scoring.permutation import sign_flip_tests, swap_tests
from kotune.scoring.resampling import Units, generator_for
from kotune.scoring.runs import Runs, differences, single
from kotune.scoring.score_columns import Contender, Scores, units_of
from kotune.scoring.seeds import BOOTSTRAP_FROM, MODEL_FROM, bootstrap_p, p_of


class _Sides(NamedTuple):
    """The two contenders of a comparison, and the seeds that are compared: those that both have."""

    pair: tuple[Contender, Contender]
    seeds: list[int]

    def runs(self, scores: Scores, split: str, metric: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return each side's scores, a run a seed; a side without seeds has one run."""
        a, b = (
            [
                run
                for seed, run in zip(scores.seeds[one], scores.values[one][split, metric], strict=True)
                if seed in self.seeds or len(scores.seeds[one]) == 1
            ]
            for one in self.pair
        )
        return a, b


def _sides(comparisons: Sequence[Json], scores: Scores, untuned: Sequence[str]) -> list[_Sides]:
    """Return the sides of each comparison; UserError when one has no scores, or they have no seed in common."""
    found = []
    for comparison in comparisons:
        pair = tuple((comparison[side]["model"], comparison[side]["arm"]) for side in "ab")
        for contender in pair:
            if contender not in scores.values:
                hint = nearest("/".join(contender), ["/".join(one) for one in scores.values])
                raise UserError(f"comparison '{comparison['name']}': no scores for {'/'.join(contender)}{hint}")
        seeded = [scores.seeds[one] for one in pair if one[1] not in untuned]
        seeds = max((scores.seeds[one] for one in pair), key=len)
        if len(seeded) == 2:
            seeds = [seed for seed in seeded[0] if seed in seeded[1]]
        elif len(seeded) == 1:
            seeds = seeded[0]
        if not seeds:
            told = " and ".join(
                f"{'/'.join(one)} has the seeds {', '.join(map(str, of))}" for one, of in zip(pair, seeded, strict=True)
            )
            raise UserError(f"comparison '{comparison['name']}': {told}; give score files of the same seeds for both")
        found.append(_Sides(pair, seeds))
    return found


def _tests(pairs: Sequence[Runs], units: Units, seed: int, split: str, resamples: int) -> list[tuple[float, str]]:
    """Return each pair's p and test, of one run each; all see the same random patterns."""
    means = [pair.b[0] - pair.a[0] for pair in pairs if pair.aggregate.mean]
    others = [(pair.aggregate, pair.a[0], pair.b[0]) for pair in pairs if not pair.aggregate.mean]
    of_means = iter(sign_flip_tests(means, units, generator_for(seed, "signs", split), resamples))
    of_others = iter(swap_tests(others, units, generator_for(seed, "signs", split), resamples))
    return [next(of_means if pair.aggregate.mean else of_others) for pair in pairs]


def _p_of_seeds(line: Json, count: int, units: Units) -> tuple[float, str]:
    """Return p and test of a difference of several seeds, by the model that gave its interval."""
    floor = verdicts.least_p(units.count)
    words = f"over {count} seeds and {units.count} {units.word}s"
    parts, found, still = (line.pop(key, None) for key in ("parts", "found", "no_parts"))
    if still:
        return (1.0 if line["difference"] == 0.0 else floor), f"t test {words}: no spread seen"
    if count < BOOTSTRAP_FROM:
        return max(floor, p_of(line["difference"], parts)), f"t test {words} (Banerjee)"
    return max(floor, bootstrap_p(line["difference"], found, count)), f"two-way bootstrap t {words}"


def _by_seed(runs: Runs, seeds: Sequence[int]) -> Json:
    """Return the number of each seed and their standard deviation, where there are several."""
    if len(runs.points) < MODEL_FROM:
        return {}
    told = [{"seed": seed, "value": float(value)} for seed, value in zip(seeds, runs.points, strict=True)]
    return {"by_seed": told, "seed_sd": float(np.std(runs.points, ddof=1))}


def means_of(split: str, scores: Scores, units: Units, asked: Settings) -> Iterator[Json]:
    """Yield the number of each metric and contender on a split, with its interval."""
    places = [(metric, one) for metric in scores.aggregates for one in scores.values]
    numbers = [single(scores.aggregates[metric], scores.values[one][split, metric], units) for metric, one in places]
    found = intervals_on(numbers, [metric for metric, _ in places], units, split, asked)
    for (metric, (model, arm)), runs, interval in zip(places, numbers, found, strict=True):
        line = {"model": model, "arm": arm, "split": split, "metric": metric, "n": len(scores.rows[split])}
        told = {key: value for key, value in interval.items() if key not in ("parts", "found", "no_parts", "unseen")}
        seeds = scores.seeds[model, arm]
        line |= {"articles": units.count, "mean": runs.point, **told, "seeds": seeds, **_by_seed(runs, seeds)}
        if model == ENSEMBLE and bounds(arm, metric):
            line["upper_bound"] = True
        yield line


def pairs_of(split: str, scores: Scores, comparisons: Sequence[Json], units: Units, asked: Settings) -> Iterator[Json]:
    """Yield each comparison's difference by each metric on a split, with interval, p and test; nothing is judged."""
    sides = _sides(comparisons, scores, asked.untuned)
    places = [(metric, number) for metric in scores.aggregates for number in range(len(sides))]
    numbers = [
        differences(scores.aggregates[metric], *sides[number].runs(scores, split, metric), units)
        for metric, number in places
    ]
    found = intervals_on(numbers, [metric for metric, _ in places], units, split, asked, paired=True)
    alone = [runs for runs in numbers if len(runs.points) < MODEL_FROM]
    tests = iter(_tests(alone, units, asked.seed, split, asked.resamples))
    for (metric, number), runs, interval in zip(places, numbers, found, strict=True):
        a, b = ({"model": model, "arm": arm} for model, arm in sides[number].pair)
        bound = b["model"] == ENSEMBLE and b["arm"] in BOUNDED
        name = comparisons[number]["name"]
        line = {"name": name, "claim": verdicts.BOUND if bound else comparisons[number].get("claim", name)}
        line |= {"a": a, "b": b, "split": split, "metric": metric, "n": len(scores.rows[split])}
        line |= {"articles": units.count, "difference": runs.point, **interval}
        several = len(runs.points) >= MODEL_FROM
        line["p"], line["test"] = _p_of_seeds(line, len(runs.points), units) if several else next(tests)
        yield line | _by_seed(runs, sides[number].seeds)


def means_and_pairs(scores: Scores, comparisons: Sequence[Json], asked: Settings) -> tuple[list[Json], list[Json]]:
    """Return the ``means`` and ``pairs`` of statistics.json, by split, then metric, then contender or comparison."""
    means: list[Json] = []
    pairs: list[Json] = []
    for split, rows in scores.rows.items():
        units = units_of(rows, split)
        means += means_of(split, scores, units, asked)
        pairs += pairs_of(split, scores, comparisons, units, asked)
    verdicts.judge(pairs, asked.primary_metric, asked.margin)
    for pair in pairs:
        pair.pop("unseen", None)
    return means, pairs
