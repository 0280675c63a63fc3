"""Result files in lm-evaluation-harness's layout (0.4.13), so that what reads its files reads these.

Takes statistics' parts; gives documents and reads nothing. The harness's file is of one run, which has one number of
shots and one template: so there is one for each row of the tables, of each arm and seed. What the harness adds of its
machine and its clock is left out; the record beside the file says on what it was made.
"""

from __future__ import annotations

from collections.abc import Mapping

from kotune.core.storage import Json
from kotune.harness.benchmark import GROUPS, Benchmark, Run, harness_number
from kotune.harness.predictions import Asked

FILTER = "none"  # the harness's name of taking the answer as it is
NOT_KNOWN = "N/A"  # what the harness writes for a standard error that it does not give


def name_of(asked: Asked) -> str:
    """Return the name of the file of one row."""
    return f"results-{asked.name}.json"


def _metrics(found: Mapping[str, Json]) -> Json:
    """Return metrics under the harness's keys: ``acc,none`` and ``acc_stderr,none``."""
    told: Json = {}
    for metric, one in found.items():
        stderr = NOT_KNOWN if one["stderr"] is None else one["stderr"]
        told |= {f"{metric},{FILTER}": one["value"], f"{metric}_stderr,{FILTER}": stderr}
    return told


def document(benchmark: Benchmark, run: Run, asked: Asked, tasks: Mapping[str, Json], record: Json) -> Json:
    """Return the result file of one run and row.

    ``tasks``: what audit.json says of each task (version, config); ``record``: that of the sums. A group's row has no
    acc_norm: the harness writes that of its one task as if it were all tasks'.
    """
    places = {task: (benchmark.items[run.model][asked, task], run.said[asked, task]) for task in benchmark.tasks}
    results = {
        task: {
            "alias": task,
            "sample_len": len(items.ids),
            **_metrics(
                {metric: harness_number(metric, [items], [said]) for metric in benchmark.metrics_of(task)}
            ),
        }
        for task, (items, said) in places.items()
    }  # fmt: skip
    found = {
        "results": results,
        "group_subtasks": {task: [] for task in places},
        "configs": {task: {**tasks[task].get("config", {}), "num_fewshot": asked.shots} for task in places},
        "versions": {task: tasks[task].get("version") for task in places},
        "n-shot": dict.fromkeys(places, asked.shots),
        "higher_is_better": {task: dict.fromkeys(benchmark.metrics_of(task), True) for task in places},
        "n-samples": {
            task: {"original": _original(tasks[task], len(items.ids)), "effective": len(items.ids)}
            for task, (items, _) in places.items()
        },
        "config": {"model": run.model, "arm": run.arm, "seed": run.seed, "protocol": asked.protocol},
        "lm_eval_version": record.get("with", {}).get("packages", {}).get("lm-eval"),
        "model_name": run.model,
        "fewshot_as_multiturn": asked.template == "chat-multiturn",
    }
    group = benchmark.group
    if group:
        order = [task for task in GROUPS[group] if task in places]
        shared = [metric for metric in ("acc", "f1") if all(metric in benchmark.metrics_of(task) for task in order)]
        items, said = ([places[task][side] for task in order] for side in (0, 1))
        of_group = {metric: harness_number(metric, items, said) for metric in shared}
        found["groups"] = {group: {"alias": group, **_metrics(of_group)}}
        found["results"] = {group: found["groups"][group], **results}
        found["group_subtasks"] = {group: order, **found["group_subtasks"]}
    return found


def _original(task: Json, effective: int) -> int:
    """Return how many items a task has, asked or not; those that were asked, where nobody says."""
    splits = task.get("splits", {})
    return splits.get("test", splits.get("validation", {})).get("rows", effective)
