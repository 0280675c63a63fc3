"""What was asked of whom: tasks with their items and metrics, runs of models, and floors that know nothing.

Takes what was said of each item (`harness.predictions`); reads and writes nothing. A floor is a way to answer without
knowing anything: the option that is gold most often, the option with the fewest tokens, and a model of the same shape
whose weights are random. Floors are measured on the same items, and stand beside the arms under their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kotune.core.errors import UserError
from kotune.core.protocols import UNTRAINED
from kotune.core.storage import Json
from kotune.harness import formulas
from kotune.harness.predictions import Asked, Items, Place, Said, majority

ACC, NORM, F1 = "acc", "acc_norm", "f1"
METRICS = (ACC, NORM, F1)  # of those that the harness lists for a task
MAJORITY, FEWEST = "majority", "fewest_tokens"
FLOORS = (MAJORITY, FEWEST, UNTRAINED)
GROUPS = {"kobest": ("kobest_boolq", "kobest_copa", "kobest_hellaswag", "kobest_sentineg", "kobest_wic")}


class Run(NamedTuple):
    """What one model said under an arm and a seed."""

    model: str
    arm: str
    seed: int
    said: Mapping[Place, Said]


@dataclass(frozen=True)
class Benchmark:
    """What was asked: the tasks in order, each with its metrics; the items of each row and task, by model."""

    tasks: Sequence[str]
    metrics: Mapping[str, Sequence[str]]
    items: Mapping[str, Mapping[Place, Items]]

    @property
    def asked(self) -> list[Asked]:
        """The rows of the tables, in the order of the requests."""
        first = next(iter(self.items.values()))
        return list(dict.fromkeys(asked for asked, _ in first))

    @property
    def group(self) -> str | None:
        """The harness's group that the tasks are, where they are all of one."""
        return next((name for name, tasks in GROUPS.items() if set(tasks) == set(self.tasks)), None)

    def metrics_of(self, task: str) -> list[str]:
        """Return the metrics of a task that are counted here."""
        return [name for name in METRICS if name in self.metrics[task]]

    def check(self) -> None:
        """Raise UserError for a task without an accuracy, and where two models or protocols were asked other items."""
        first = next(iter(self.items.values()))
        for task in self.tasks:
            if ACC not in self.metrics[task]:
                raise UserError(f"the task '{task}' has no {ACC} but {', '.join(self.metrics[task])}; leave it out")
        ids = {(asked.shots, asked.template, task): items.ids for (asked, task), items in first.items()}
        for model, places in self.items.items():
            for (asked, task), items in places.items():
                if list(items.ids) != list(ids.get((asked.shots, asked.template, task), [])):
                    raise UserError(
                        f"the requests of '{model}' for '{task}' ({asked.name}) are of other items than others'; make "
                        "all requests again"
                    )


def columns_of(items: Items, said: Said, metrics: Sequence[str]) -> dict[str, np.ndarray]:
    """Return each metric's value of each item (items,), of macro-F1 its parts."""
    options = {ACC: said.by_sum, NORM: said.by_norm}
    right = {name: (of == items.golds).astype(float) for name, of in options.items() if name in metrics}
    return right | ({F1: formulas.f1_parts(items.golds, said.by_sum, items.options)} if F1 in metrics else {})


def _constant(items: Items, option: np.ndarray) -> Said:
    """Return a floor's answers: by every metric the same, and never a tie."""
    return Said(option, option, option, np.zeros(len(items.ids), dtype=bool))


def with_floors(benchmark: Benchmark, runs: Sequence[Run]) -> list[Run]:
    """Return the runs, and of each model the floors that are no model's: the majority and the fewest tokens."""
    found = list(runs)
    for model, places in benchmark.items.items():
        first = next(run for run in runs if run.model == model)
        common = {
            place: _constant(items, np.full(len(items.ids), majority(items.golds))) for place, items in places.items()
        }
        short = {place: _constant(items, first.said[place].fewest) for place, items in places.items()}
        found += [Run(model, MAJORITY, first.seed, common), Run(model, FEWEST, first.seed, short)]
    return found


def harness_number(metric: str, items: Sequence[Items], said: Sequence[Said]) -> Json:
    """Return value and stderr of a metric as the harness gives them; of several tasks, those of their group."""
    if len(items) > 1:
        parts = [harness_number(metric, [one], [of]) for one, of in zip(items, said, strict=True)]
        sizes = [len(one.ids) for one in items]
        stderrs = [part["stderr"] for part in parts]
        whole = None if None in stderrs else formulas.group_stderr(stderrs, sizes)
        return {"value": formulas.group_mean([part["value"] for part in parts], sizes), "stderr": whole}
    if metric == F1:
        return {"value": formulas.macro_f1(items[0].golds, said[0].by_sum), "stderr": None}
    option = said[0].by_sum if metric == ACC else said[0].by_norm
    right = [float(one) for one in option == items[0].golds]
    return {"value": formulas.mean(right), "stderr": formulas.mean_stderr(right)}
