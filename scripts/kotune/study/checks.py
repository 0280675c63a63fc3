"""Checks of a study's file: names that do not exist, and files that are missing and that no rule makes.

Reads the repository's folders; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kotune.core.catalogue import entry, present
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.study.starts import models_of
from kotune.study.study import Study


def check_ensembles(study: str, settings: Json) -> None:
    ensembles = settings.get("ensembles")
    if not ensembles:
        return
    where = f"config/studies/{study}.yaml, ensembles"
    entry(settings["arms"], ensembles["arm"], "arm", where)
    tuned = models_of(ensembles["arm"], settings)
    for member in ensembles["members"]:
        if member not in tuned:
            raise UserError(f"{where}: member '{member}' has no arm '{ensembles['arm']}'{nearest(member, tuned)}")
    if ensembles["favourite"] not in ensembles["members"]:
        hint = nearest(ensembles["favourite"], ensembles["members"])
        raise UserError(f"{where}: favourite '{ensembles['favourite']}' is not a member{hint}")


def check_submission(study: str, settings: Json) -> None:
    """Raise UserError where the ensemble that is submitted, or that the paper speaks of, is none of the study's."""
    ensembles = settings.get("ensembles", {})
    methods = ensembles.get("methods", [])
    for key, method in (("submission", settings.get("submission")), ("ensembles.main", ensembles.get("main"))):
        if method and method not in methods:
            hint = nearest(method, methods)
            raise UserError(f"config/studies/{study}.yaml, {key}: '{method}' is no ensemble of the study{hint}")


def check_choice(study: str, settings: Json, root: Path) -> None:
    """Raise UserError for a name, in what a study says of its choice, that stands for nothing."""
    where = f"config/studies/{study}.yaml"
    for key in ("stand_ins", "may_be_missing"):
        for candidate in settings.get(key, ()):
            if candidate not in settings["candidates"]:
                hint = nearest(candidate, settings["candidates"])
                raise UserError(f"{where}, {key}: '{candidate}' is not a candidate{hint}")
    for scale in settings.get("scales", ()):
        if not (root / "config" / "scales" / f"{scale}.yaml").is_file():
            known = [path.stem for path in (root / "config" / "scales").glob("*.yaml")]
            raise UserError(f"{where}, scales: there is no scale '{scale}'{nearest(scale, known)}")
    selection = settings.get("selection", {"arms": [], "exclude": {}})
    for arm in selection["arms"]:
        entry(settings["arms"], arm, "arm", f"{where}, selection.arms")
    if selection["exclude"].get("window") and "census" not in settings:
        raise UserError(f"{where}, selection.exclude.window: needs the key 'census', which says how many rows to hold")


def check_files(studies: Iterable[Study]) -> None:
    """Raise UserError where a file that no rule makes is not there.

    Rows, the study's part of the paper where one is printed, and at a scale of stand-ins the models.
    """
    for study in studies:
        where = f"config/studies/{study.name}.yaml"
        if "path" in study.source and not study.hub_dataset:
            present(Path(study.source["path"]), f"rows of '{study.name}' (--config data, or a data set's path)")
        elif not study.hub_dataset and "files" in study.source:
            for path in study.source["files"].values():
                present(study.root / path, f"rows of {where}")
        for one in study.others:
            for path in one.source["files"].values() if not one.hub_dataset else ():
                present(study.root / path, f"rows of config/evaluations/{one.name}.yaml")
        for model in study.models.values() if study.lens["stand_ins"] else ():
            for name in ("config.json", "tokenizer.json", "model.safetensors"):
                present(study.root / model["path"] / name, f"the stand-in '{model['name']}'")
        part = f"paper/parts/{study.name}.typ"
        if "rehearsal" not in study.lens and not (study.root / part).is_file():
            raise UserError(
                f"{where}: the study has no part in the paper; write {part} (docs/adding-a-study.md says how)"
            )
