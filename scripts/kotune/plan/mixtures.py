"""What the mixing of rows, and the tables of a mixture, are asked, and which files they read.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import TRAIN
from kotune.core.storage import Json
from kotune.plan import models
from kotune.plan.paths import Plan, Wildcards, watched_folder
from kotune.rows.bundles import parted
from kotune.study.mixtures import MIXTURE, redrawn
from kotune.study.origins import snapshot_file
from kotune.study.study import Study


def is_mixed(study: Study) -> bool:
    """Return whether a study's own rows are a mixture that is made here, not another study's."""
    return MIXTURE in study.source and study.owner == study.name


def rows_file(plan: Plan, study: str) -> str:
    """Return the mixture's rows."""
    return plan.under(study, "mixture/rows.parquet")


def document_file(plan: Plan, study: str) -> str:
    """Return what is said of the mixture."""
    return plan.under(study, "mixture/mixture.json")


def _parts(plan: Plan, study: Study) -> list[Json]:
    """Return the parts with their paths as seen from the work folder; a user's stay as the user names them."""
    return [
        {key: value for key, value in part.items() if key not in ("hub", "own")}
        | {"path": part["path"] if part.get("own") else plan.beside(part["path"])}
        for part in study.source[MIXTURE]["parts"]
    ]


def settings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the mixing of a study's rows is asked; tokens are those of its first model."""
    study = plan.study(wildcards)
    model = next(iter(study.models.values()))
    return {
        "dataset": study.source["dataset"],
        "task": study.source["task"],
        MIXTURE: {**study.source[MIXTURE], "parts": _parts(plan, study)},
        "tokenizer": {"name": model["name"], "path": plan.beside(model["path"])},
    }


def files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of rows that are mixed, and that of the tokenizer."""
    study = plan.study(wildcards)
    sources = [
        plan.beside(snapshot_file("datasets", one["hub"])) if "hub" in one else parted(path["path"])[0]
        for one, path in zip(study.source[MIXTURE]["parts"], _parts(plan, study), strict=True)
    ]
    return list(dict.fromkeys([*sources, models.tokenizer_file(plan, next(iter(study.models.values())))]))


def modules(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the dotted name of the task of the mixture's rows."""
    return [plan.study(wildcards).source["task"]]


def _learned(plan: Plan, study: Study) -> dict[tuple[str, str], list[str]]:
    """Return (model, folder of the prompts that are learned) → the arms that learn them."""
    found: dict[tuple[str, str], list[str]] = {}
    for arm, treatment in study.arms.items():
        if study.trains(arm) and treatment.get("learns") is None and study.owner_of(arm) == study.name:
            for model in treatment["models"]:
                if model in study.models:
                    found.setdefault((model, watched_folder(plan, study.name, model, arm)), []).append(arm)
    return found


def _of_arm(study: Study, arm: str) -> list[str]:
    """Return the parts that an arm learns: those that its rowset names, else all."""
    rowset = study.settings["rowsets"].get(study.arms[arm]["rowset"], {})
    return rowset.get("parts") or [part["name"] for part in study.source[MIXTURE]["parts"]]


def prompts(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the prompts that the study's trainings learn."""
    return [f"{folder}/{TRAIN}.parquet" for _, folder in _learned(plan, plan.study(wildcards))]


def tables(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the tables of a mixture are asked."""
    study = plan.study(wildcards)
    learned = _learned(plan, study)
    return {
        "document": document_file(plan, study.name),
        "prompts": [
            {"model": model, "arms": arms, "parts": _of_arm(study, arms[0]), "path": f"{folder}/{TRAIN}.parquet"}
            for (model, folder), arms in learned.items()
        ],
        "redrawn": redrawn(study.source[MIXTURE]),
    }
