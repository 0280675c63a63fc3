"""The selected model: which one a selection.json names, and whose settings a job of `selected` takes.

Reads selection.json; writes nothing.
"""

from __future__ import annotations

import os

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_json


def best_of_arm(selection: Json, arm: str, path: str | os.PathLike) -> str:
    """Return the model that selection.json ranks first among those of an arm."""
    for line in selection["ranking"]:
        if line["arm"] == arm:
            return line["model"]
    hint = nearest(arm, {line["arm"] for line in selection["ranking"]})
    raise UserError(f"{path}: ranks no model of the arm '{arm}'{hint}")


def resolved(model: Json, selection: str | os.PathLike | None) -> Json:
    """Return a model's settings: of `selected`, those of the candidate that selection.json names.

    ``model``: settings, or {"name": "selected", "candidates": [settings, …]}.
    """
    if "candidates" not in model:
        return model
    if selection is None:
        raise UserError(f"the model '{model['name']}' needs --selection, the file that names it")
    winner = read_json(selection)["winner"]["model"]
    for candidate in model["candidates"]:
        if candidate["name"] == winner:
            return candidate
    names = [candidate["name"] for candidate in model["candidates"]]
    raise UserError(f"{selection}: selects '{winner}', which is no candidate{nearest(winner, names)}")
