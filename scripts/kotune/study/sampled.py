"""Rowsets that are made of an arm's samples: whose they are, and what cannot be.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.catalogue import entry
from kotune.core.errors import UserError
from kotune.core.names import BASE, OWN
from kotune.core.storage import Json
from kotune.study.evaluations import Evaluation


def asked_rowset(where: str, settings: Json, arm: str) -> str:
    """Return the rowset whose rows an arm is asked: its own, or where it learns samples, that of the arm sampled.

    ``where``: the study's file. Raises UserError for an arm that learns from itself, also by way of others.
    """
    passed = [arm]
    while True:
        given = settings["arms"][arm]
        rowset = entry(settings["rowsets"], given["rowset"], "rowset", f"{where}, arm '{arm}'")
        if "from" not in rowset:
            return given["rowset"]
        if arm == BASE:
            raise UserError(f"{where}, arm '{arm}': it learns nothing, so its rowset cannot be made of samples")
        arm = rowset["from"]["arm"]
        entry(settings["arms"], arm, "arm", f"{where}, rowset '{given['rowset']}', key 'from'")
        if arm in passed:
            raise UserError(f"{where}: arms learn from one another's samples: {' from '.join([*passed, arm])}")
        passed.append(arm)


def check_samples(where: str, settings: Json, arms: dict[str, Json], evaluations: dict[str, Evaluation]) -> None:
    """Raise UserError for samples that nobody gives: of an evaluation that the arm is not asked, or another task's.

    ``arms`` and ``evaluations``: as `study.resolve` makes them, `own` among the latter.
    """
    for name, rowset in settings["rowsets"].items():
        if "from" not in rowset:
            continue
        place, given = f"{where}, rowset '{name}', key 'from'", rowset["from"]
        if given["evaluation"] == OWN:
            raise UserError(f"{place}: the study's own rows are evaluated, so answers to them cannot be learned")
        asked = entry(evaluations, given["evaluation"], "evaluation", place)
        entry(arms, given["arm"], "arm", place)
        if given["arm"] not in asked.arms:
            raise UserError(f"{place}: the arm '{given['arm']}' is not asked '{asked.name}'; add it there")
        if asked.task != evaluations[OWN].task:
            raise UserError(f"{place}: '{asked.name}' asks rows of another task than the study's")
        if "pairs" in given and asked.generation.get("samples", 1) < 2:
            raise UserError(
                f"{place}: pairs are made of several answers to a row, and '{asked.name}' is asked for one; set "
                "generation.samples there"
            )
        metric = given.get("metric", asked.primary_metric)
        if metric not in asked.metrics:
            raise UserError(f"{place}: '{asked.name}' does not measure '{metric}'")
        for arm, treatment in arms.items():
            missing = [one for one in treatment["models"] if one not in arms[given["arm"]]["models"]]
            if treatment.get("learns") == name and missing:
                raise UserError(f"{place}: '{given['arm']}' has no samples of '{missing[0]}', which arm '{arm}' trains")
