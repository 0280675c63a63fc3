"""What a user names on a tool's command line, found in the configuration: a study's model, arm and rows.

Reads the configuration and rows; writes nothing.
"""

from __future__ import annotations

from kotune.core.catalogue import check, configuration_at, entry
from kotune.core.errors import UserError, nearest
from kotune.core.names import BASE, TRAIN
from kotune.core.storage import Json
from kotune.rows.prepare import prepare
from kotune.study.study import Study


def configuration(scale: str | None, data: dict[str, str]) -> Json:
    """Return the configuration as the workflow merges it, with the scale and the rows that the user names."""
    config = configuration_at()
    config["data"] = {**config["data"], **data}
    config["scale"] = scale or config["scale"]
    check(config, "config", "configuration (config/)")
    return config


def model_of(study: Study, name: str) -> str:
    """Return the model under the name that it has at the study's scale; its name in the catalogue will do too."""
    shown = study.names.get(name, name)
    if shown not in study.models:
        known = {**study.names, **study.models}
        raise UserError(f"config/studies/{study.name}.yaml: no model '{name}' in it{nearest(name, known)}")
    return shown


def arm_of(study: Study, model: str, name: str | None) -> str:
    """Return the arm whose prompt is shown: the one named, else the first that tunes the model, else the base."""
    if name is not None:
        arm = entry(study.arms, name, "arm", f"config/studies/{study.name}.yaml")
        if model not in arm["models"]:
            raise UserError(f"config/studies/{study.name}.yaml: '{model}' is not in the arm '{name}'")
        return name
    having = [arm for arm, treatment in study.arms.items() if model in treatment["models"]]
    if not having:
        raise UserError(f"config/studies/{study.name}.yaml: no arm has the model '{model}'")
    return next((arm for arm in having if arm != BASE), having[0])


def rows_of(study: Study, rowset: str, split: str, mixed: str | None = None) -> tuple[list[Json], list[Json]]:
    """Return the rows of one split, prepared in memory as the workflow prepares them, and those of train.

    ``mixed``: the file of a mixture's rows. Of a rowset that is chosen from another one, the rows of that one.
    """
    if split not in study.splits:
        raise UserError(f"--split: '{study.name}' has no split '{split}'{nearest(split, study.splits)}")
    given = study.settings["rowsets"][rowset]
    given = study.settings["rowsets"][given["of"]] if "of" in given else given
    source = {**study.source, **given, **({"path": mixed} if mixed else {})}
    if "files" in source:
        source["files"] = {name: str(study.root / path) for name, path in source["files"].items()}
    frames, _ = prepare(source)
    return frames[split].to_dicts(), frames[TRAIN].to_dicts() if TRAIN in frames else []


def row_of(rows: list[Json], wanted: str, split: str) -> tuple[int, Json]:
    """Return a row and its number, by its id or by its number, which begins with 1."""
    for number, row in enumerate(rows, start=1):
        if row["id"] == wanted:
            return number, row
    if wanted.isdecimal() and 1 <= int(wanted) <= len(rows):
        return int(wanted), rows[int(wanted) - 1]
    hint = "" if wanted.lstrip("-").isdecimal() else nearest(wanted, [row["id"] for row in rows][:20_000])
    hint = hint if "did you mean" in hint else ""
    raise UserError(f"--row: {split} has no row '{wanted}'; name an id or a number from 1 to {len(rows):,}{hint}")
