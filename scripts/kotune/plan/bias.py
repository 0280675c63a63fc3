"""What jobs of questions on social groups are asked, and which files they read: requests and tables.

Sums are scored by the job of lm-evaluation-harness's tasks (`plan.harness`). Reads and writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.protocols import UNTRAINED
from kotune.core.storage import Json
from kotune.plan import harness
from kotune.plan.paths import Plan, Wildcards, one_of
from kotune.report.settings import bias_of
from kotune.study.bias import BiasEvaluation
from kotune.study.origins import snapshot_file


def names(plan: Plan) -> list[str]:
    """Return the names of all such evaluations."""
    return [name for study in plan.every for name in study.bias]


def pattern(plan: Plan) -> str:
    """Return the pattern of the wildcard `evaluation` of jobs that are of such an evaluation alone."""
    return one_of(names(plan))


def scored_pattern(plan: Plan) -> str:
    """Return that of the job that scores requests: of evaluations by the harness, too."""
    return one_of([*(name for study in plan.every for name in study.harness), *names(plan)])


def asked(plan: Plan, wildcards: Wildcards) -> BiasEvaluation:
    """Return the evaluation that a job is of."""
    return plan.study(wildcards).bias[wildcards.evaluation]


def items_file(plan: Plan, wildcards: Wildcards) -> str:
    """Return the file of the items; a path of the user's own stays as it is named."""
    path = Path(asked(plan, wildcards).path).expanduser()
    return str(path) if path.is_absolute() else plan.beside(path)


def files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the file that items are read from; of a download the last that it writes."""
    one = asked(plan, wildcards)
    return [plan.beside(snapshot_file("datasets", name)) for name in one.hub] or [items_file(plan, wildcards)]


def building(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what building the requests is asked."""
    one = asked(plan, wildcards)
    told = {"items": items_file(plan, wildcards), "columns": one.columns, "listings": one.listings}
    return {**told, "limit": one.limit}


def tabulating(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the tables are made by."""
    study, one = plan.study(wildcards), asked(plan, wildcards)
    labels = [{"model": a, "arm": b, "seed": c} for a, b, c in study.asked(one.name)]
    models = harness.asked_models(plan, wildcards)
    labels += [{"model": model, "arm": UNTRAINED, "seed": seed} for model in models for seed in study.seeds[:1]]
    return {
        **bias_of(study, one),
        "labels": labels,
        "untuned": [arm for arm in study.arms if study.untuned(arm)],
        "statistics": {key: study.settings["statistics"][key] for key in ("seed", "resamples")},
    }
