"""What the tables of samples, of preferences and of rewards are asked, and which files they read.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import TRAIN
from kotune.core.storage import Json
from kotune.plan import paths
from kotune.plan.paths import Plan, Wildcards
from kotune.report.settings import learned_samples, preferring, rewarding
from kotune.study.study import Study


def _sampled(plan: Plan, study: Study) -> list[Json]:
    """Return each rowset of samples that is learned, by model and seed, with its audit."""
    found = {}
    for arm in learned_samples(study):
        rowset = study.arms[arm]["learns"]
        given = study.sampled[rowset]
        for model in study.arms[arm]["models"]:
            for seed in study.seeds_of(arm):
                of = study.samples_seed(rowset, seed)
                path = plan.under(study.name, f"rows/{rowset}/{model}/{given['arm']}/seed{of}/audit.json")
                who = {"rowset": rowset, "model": model, "arm": given["arm"], "seed": of}
                found[path] = {**who, "evaluation": given["evaluation"], "path": path}
    return list(found.values())


def sampled(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the table of samples is asked."""
    return {"sampled": _sampled(plan, plan.study(wildcards))}


def audits(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the audits that the table of samples reads."""
    return [one["path"] for one in _sampled(plan, plan.study(wildcards))]


def _trainings(plan: Plan, study: Study, arms: list[str]) -> list[Json]:
    """Return each training of a study's arms, with the folder of its adapter."""
    return [
        {"model": model, "arm": arm, "seed": seed, "folder": paths.adapter_folder(plan, study.name, treatment)}
        for treatment in study.treatments()
        for model, arm, seed in [treatment]
        if arm in arms
    ]


def _curves(trainings: list[Json]) -> list[str]:
    """Return the curves and records of trainings."""
    return [f"{one['folder']}/{name}" for one in trainings for name in ("curve.jsonl", "record.json")]


def trainings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the tables and the figure of preferences are asked."""
    study = plan.study(wildcards)
    columns = {"prompt": study.task.together, "chosen": study.task.gold}
    found = _trainings(plan, study, preferring(study))
    return {"trainings": [{**one, "rows": _pairs(plan, study, one), "columns": columns} for one in found]}


def _pairs(plan: Plan, study: Study, one: Json) -> str:
    """Return the pairs that a training learns: of its rowset, or made of samples of its model and seed."""
    learns = study.arms[one["arm"]].get("learns")
    if learns is None:
        return plan.under_owner(study.name, f"rows/{study.arms[one['arm']]['rowset']}/{TRAIN}.parquet")
    of = f"{one['model']}/{study.sampled[learns]['arm']}/seed{study.samples_seed(learns, one['seed'])}"
    return plan.under(study.name, f"rows/{learns}/{of}/{TRAIN}.parquet")


def curves(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the curves, records and rows that the tables and the figure of preferences read."""
    found = trainings(plan, wildcards)["trainings"]
    return [*_curves(found), *dict.fromkeys(one["rows"] for one in found)]


def rewarded(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the table and the figure of rewards are asked."""
    study = plan.study(wildcards)
    return {"trainings": _trainings(plan, study, rewarding(study))}


def rewarded_curves(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the curves and records that the table and the figure of rewards read."""
    return _curves(rewarded(plan, wildcards)["trainings"])
