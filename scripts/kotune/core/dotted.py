"""Load a metric, a task or a training method by its dotted name, such as kotune.scoring.metrics.text.char_f1.

A script that loads by name imports none of them, so that its code hash holds just those that it is asked for
(`code_hash`, ``also``). Reads and writes nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

from kotune.core.errors import UserError, nearest


def loaded(dotted: str) -> Any:
    """Return what a dotted name ``package.module.name`` stands for.

    Raises UserError, with the nearest known name, for a module or a name in it that is not there.
    """
    place, _, name = dotted.rpartition(".")
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError as error:
        if not place.startswith(error.name or ""):  # a library that the module itself wants
            raise
        raise UserError(f"'{dotted}': there is no module '{error.name}'; check the dotted name") from error
    if not hasattr(module, name):
        known = [one for one in vars(module) if not one.startswith("_")]
        raise UserError(f"'{dotted}': '{place}' has no '{name}'{nearest(name, known)}")
    return getattr(module, name)
