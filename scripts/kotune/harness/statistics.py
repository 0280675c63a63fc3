"""What sums of log-likelihoods say: numbers as lm-evaluation-harness gives them, floors, differences with their tests.

Takes what was asked and said (`harness.benchmark`); gives rows, means and pairs of statistics.json. Reads and writes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

import numpy as np

from kotune.core.names import BASE, SELECTED
from kotune.core.protocols import CLEAN, PUBLISHED
from kotune.core.storage import Json
from kotune.harness.benchmark import (
    ACC,
    F1,
    FLOORS,
    GROUPS,
    METRICS,
    Benchmark,
    Run,
    columns_of,
    harness_number,
    with_floors,
)
from kotune.harness.predictions import Asked
from kotune.scoring import statistics, verdicts
from kotune.scoring.aggregates.macro_f1 import macro_f1
from kotune.scoring.aggregates.mean import mean
from kotune.scoring.flips import flips_of
from kotune.scoring.intervals import Settings
from kotune.scoring.resampling import make_units
from kotune.scoring.score_columns import Scores

TUNING, ABOVE, PROTOCOLS = "tuning", "floors", "protocols"  # kinds of claims; each is a family of its own
BETWEEN = "/"  # of protocol and arm in a contender's name
FACTS = {name: {"bounds": (0.0, 1.0), "binary": name != F1} for name in METRICS}


def _by_contender(runs: Sequence[Run]) -> dict[tuple[str, str], list[Run]]:
    found: dict[tuple[str, str], list[Run]] = {}
    for run in sorted(runs, key=lambda one: one.seed):
        found.setdefault((run.model, run.arm), []).append(run)
    return found


def comparisons(runs: Sequence[Run], protocols: Sequence[str], winner: str | None = None) -> list[Json]:
    """Return what is compared: each arm with its base, with each floor, and under one protocol with the other.

    ``winner``: the model that was selected, whose base is that of the arms of `selected`.
    """
    contenders, found = _by_contender(runs), []

    def add(claim: str, a: tuple[str, str], b: tuple[str, str]) -> None:
        sides = {side: {"model": model, "arm": arm} for side, (model, arm) in zip("ab", (a, b), strict=True)}
        found.append({"name": f"{b[1]} against {a[1]}", "claim": claim, **sides})

    for model, arm in contenders:
        if arm in FLOORS:
            continue
        before = (winner or model) if model == SELECTED else model
        for protocol in protocols:
            ours = model, f"{protocol}{BETWEEN}{arm}"
            if arm != BASE and (before, BASE) in contenders:
                add(TUNING, (before, f"{protocol}{BETWEEN}{BASE}"), ours)
            for floor in FLOORS:
                if (model, floor) in contenders:
                    add(ABOVE, (model, f"{protocol}{BETWEEN}{floor}"), ours)
        if {PUBLISHED, CLEAN} <= set(protocols):
            add(PROTOCOLS, *((model, f"{protocol}{BETWEEN}{arm}") for protocol in (PUBLISHED, CLEAN)))
    return found


def _scores(benchmark: Benchmark, runs: Sequence[Run], shots: int, template: str, tasks: Sequence[str]) -> Scores:
    """Return the scores of tasks, one behind another, as the statistics take them; several tasks have acc alone."""
    metrics = benchmark.metrics_of(tasks[0]) if len(tasks) == 1 else [ACC]
    protocols = list(
        dict.fromkeys(one.protocol for one in benchmark.asked if (one.shots, one.template) == (shots, template))
    )
    name = f"{template}/{shots}/{'+'.join(tasks)}"
    values, seeds = {}, {}
    for (model, arm), of_arm in _by_contender(runs).items():
        for protocol in protocols:
            asked = Asked(protocol, shots, template)
            columns = [
                [columns_of(benchmark.items[model][asked, task], run.said[asked, task], metrics) for task in tasks]
                for run in of_arm
            ]
            contender = model, f"{protocol}{BETWEEN}{arm}"
            values[contender] = {
                (name, metric): [np.concatenate([column[metric] for column in of_run]) for of_run in columns]
                for metric in metrics
            }
            seeds[contender] = [run.seed for run in of_arm]
    first = next(iter(benchmark.items.values()))
    ids = [f"{task}:{one}" for task in tasks for one in first[Asked(protocols[0], shots, template), task].ids]
    aggregates = {metric: macro_f1 if metric == F1 else mean for metric in metrics}
    return Scores({name: [{"id": one} for one in ids]}, aggregates, values, seeds)


def _placed(line: Json, shots: int, template: str, task: str) -> Json:
    """Return a line of the statistics with its protocol, shots, template and task in the place of its split."""
    found = {key: value for key, value in line.items() if key not in ("split", "articles", "arm", "a", "b", "n")}
    for side in ("a", "b"):
        if side in line:
            protocol, _, arm = line[side]["arm"].partition(BETWEEN)
            found[side] = {"model": line[side]["model"], "arm": arm, "protocol": protocol}
    if "arm" in line:
        found["protocol"], _, found["arm"] = line["arm"].partition(BETWEEN)
    return {**found, "shots": shots, "template": template, "task": task, "n": line["n"]}


def _turned(line: Json, scores: Scores) -> Json:
    """Return how many items an arm has right that its base has wrong, and the other way round; of tuning alone."""
    if line["claim"] != TUNING:
        return {}
    a, b = (scores.values[line[side]["model"], line[side]["arm"]][line["split"], ACC] for side in "ab")
    return {"flips": flips_of(a, b)}


def _of_seeds(line: Json, runs: Sequence[Run], benchmark: Benchmark) -> Json:
    """Return the harness's own numbers of each seed of a mean, and the share of exact ties."""
    asked, task, metric = Asked(line["protocol"], line["shots"], line["template"]), line["task"], line["metric"]
    tasks = GROUPS[task] if task in GROUPS and task not in benchmark.tasks else (task,)
    of_arm = _by_contender(runs)[line["model"], line["arm"]]
    by_seed, ties = [], []
    for run in of_arm:
        items = [benchmark.items[run.model][asked, one] for one in tasks]
        said = [run.said[asked, one] for one in tasks]
        by_seed.append({"seed": run.seed, **harness_number(metric, items, said)})
        ties.append(float(np.concatenate([one.tied for one in said]).mean()))
    stderrs = [one["stderr"] for one in by_seed if one["stderr"] is not None]
    found = {"stderr": fmean(stderrs) if stderrs else None, "by_seed": by_seed}
    return found | ({"ties": fmean(ties)} if metric == ACC else {})


def _judged(pairs: list[Json], group: str | None) -> None:
    """Give each pair its corrected p and its word: a family is a claim's comparisons of one row over tasks and arms.

    Protocols are compared across rows: their family is of one number of shots. A group is a family of its own.
    """
    lines = []
    for pair in pairs:
        rows = "" if pair["claim"] == PROTOCOLS else pair["b"]["protocol"]
        family = f"{rows}-{pair['shots']}-{pair['template']}{'-group' if pair['task'] == group else ''}"
        lines.append({**pair, "split": family})
    verdicts.judge(lines, ACC, None)
    for pair, line in zip(pairs, lines, strict=True):
        pair |= {key: line[key] for key in ("p_holm", "family", "verdict")}
        pair.pop("unseen", None)


def above_floors(pairs: Sequence[Json]) -> list[Json]:
    """Return whether each arm is above its floors: higher than every one of them, by the corrected tests."""
    found: dict[tuple, bool] = {}
    for pair in pairs:
        if pair["claim"] == ABOVE:
            b = pair["b"]
            key = b["model"], b["arm"], b["protocol"], pair["shots"], pair["template"], pair["task"]
            found[key] = found.get(key, True) and pair["verdict"] == verdicts.HIGHER
    names = ("model", "arm", "protocol", "shots", "template", "task", "above")
    return [dict(zip(names, (*key, above), strict=True)) for key, above in found.items()]


def _of_group(benchmark: Benchmark, runs: Sequence[Run], line: Json) -> Iterator[Json]:
    """Yield the line of a group's macro-F1 beside that of its accuracy: the harness's number, without an interval."""
    if all(F1 in benchmark.metrics_of(task) for task in benchmark.tasks):
        told = {key: line[key] for key in ("model", "arm", "protocol", "shots", "template", "task", "n", "seeds")}
        found = {**told, "metric": F1}
        found |= _of_seeds(found, runs, benchmark)
        yield {**found, "mean": fmean(one["value"] for one in found["by_seed"])}


def statistics_of(benchmark: Benchmark, runs: Sequence[Run], asked: Json, winner: str | None = None) -> Json:
    """Return rows, means, pairs and what is above its floors; ``asked``: seed, resamples and the arms without seeds.

    ``runs``: those of the arms and of the untrained twins. Raises UserError where two were asked other items.
    """
    benchmark.check()
    everything, group = with_floors(benchmark, runs), benchmark.group
    means: list[Json] = []
    pairs: list[Json] = []
    for shots, template in dict.fromkeys((one.shots, one.template) for one in benchmark.asked):
        protocols = [one.protocol for one in benchmark.asked if (one.shots, one.template) == (shots, template)]
        untuned = [f"{protocol}{BETWEEN}{arm}" for protocol in protocols for arm in (*asked["untuned"], *FLOORS)]
        settings = Settings(asked["seed"], asked["resamples"], facts=FACTS, untuned=untuned)
        compared = comparisons(everything, protocols, winner)
        sets = [(task, [task]) for task in benchmark.tasks] + ([(group, GROUPS[group])] if group else [])
        for name, tasks in sets:
            scores = _scores(benchmark, everything, shots, template, tasks)
            (split,) = scores.rows
            units = make_units(len(scores.rows[split]), None, f"'{name}', {shots} shots")
            for line in statistics.means_of(split, scores, units, settings):
                placed = _placed(line, shots, template, name)
                means.append(placed | _of_seeds(placed, everything, benchmark))
                if name == group:
                    means += _of_group(benchmark, everything, placed)
            by_acc = Scores(scores.rows, {ACC: mean}, scores.values, scores.seeds)
            pairs += [
                _placed(line, shots, template, name) | _turned(line, by_acc)
                for line in statistics.pairs_of(split, by_acc, compared, units, settings)
            ]
    _judged(pairs, group)
    rows = [one._asdict() for one in benchmark.asked]
    return {"rows": rows, "group": group, "means": means, "pairs": pairs, "above": above_floors(pairs)}
