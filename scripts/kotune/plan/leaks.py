"""What the audit of leaks is asked (`leaks` of a study), and which files it reads.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.catalogue import entry
from kotune.core.errors import UserError, nearest
from kotune.core.names import OWN, TRAIN
from kotune.core.storage import Json
from kotune.plan.paths import Plan, Wildcards, rows
from kotune.rows.task import Task
from kotune.study.study import Study

NEAR, CHARACTERS = 0.6, 4  # where a study names none: the similarity that counts as near, and the n of its n-grams


def _columns(asked: list[str], task: Task) -> list[str]:
    """Return the columns that are compared: those that are asked for, as far as a task has them, else all texts."""
    texts = [name for name in task.names if name not in task.turns]
    return [name for name in asked if name in task.names] or texts


def _sets_of(plan: Plan, study: Study, evaluation: str, columns: list[str], prefix: str) -> list[Json]:
    """Return the sets of an evaluation's splits."""
    one = study.evaluations[evaluation]
    splits = study.splits if evaluation == OWN else one.answered
    paths = rows(plan, study.name, splits, evaluation)
    return [
        {"name": f"{prefix}{split}", "path": path, "columns": _columns(columns, one.task), "own": not prefix}
        for split, path in zip(splits, paths, strict=True)
    ]


def _items(plan: Plan, study: Study) -> list[Json]:
    """Return the sets of the items of what a study asks by lm-evaluation-harness: they lie beside their audit."""
    return [
        {"name": f"{name}: {task}", "path": plan.under(study.name, f"harness/{name}/data/audit.json"), "task": task}
        for name, one in study.harness.items()
        for task in one.tasks
    ]


def settings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what is compared, and by what: the study's splits, its evaluations' rows, other studies' splits."""
    study = plan.study(wildcards)
    asked = study.settings["leaks"]
    columns = asked.get("columns", [])
    sets = _sets_of(plan, study, OWN, columns, "")
    for one in study.others:
        sets += _sets_of(plan, study, one.name, columns, f"{one.name}: ")
    for name in asked.get("studies", ()):
        sets += _sets_of(plan, plan.named(name), OWN, columns, f"{name}: ")
    if study.harness:
        learned = [*study.task.names, study.task.gold]
        sets = [one | {"learned": learned} if one["own"] and one["name"] == TRAIN else one for one in sets]
        sets += _items(plan, study)
    return {"near": asked.get("near", NEAR), "characters": asked.get("characters", CHARACTERS), "sets": sets}


def files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of rows that are compared; of a benchmark's items, the audit that is written with them."""
    return list(dict.fromkeys(one["path"] for one in settings(plan, wildcards)["sets"]))


def check(study: Study, studies: list[str]) -> None:
    """Raise UserError for a column that the study's task does not have, and for a study that does not run."""
    asked, where = study.settings.get("leaks") or {}, f"config/studies/{study.name}.yaml, leaks"
    for column in asked.get("columns", ()):
        if column not in study.task.names:
            raise UserError(f"{where}.columns: the task has no column '{column}'{nearest(column, study.task.names)}")
    for name in asked.get("studies", ()):
        if name == study.name:
            raise UserError(f"{where}.studies: '{name}' is this study, whose splits are compared anyway; leave it out")
        entry(dict.fromkeys(studies), name, "study of this run", f"{where}.studies")
