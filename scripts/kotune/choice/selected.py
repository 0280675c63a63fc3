"""The selected model: which one a selection.json names, of all candidates or of an arm's.

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


def of_winner(candidates: Json, selection: str | os.PathLike) -> Json:
    """Return what is said of the candidate that selection.json names; ``candidates`` maps names to settings."""
    winner = read_json(selection)["winner"]["model"]
    if winner not in candidates:
        raise UserError(f"{selection}: selects '{winner}', which is no candidate{nearest(winner, candidates)}")
    return candidates[winner]
