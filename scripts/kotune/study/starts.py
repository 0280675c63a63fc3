"""Arms that start from another arm's adapter (`from`): which one, of which models, and what cannot be.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.catalogue import entry
from kotune.core.errors import UserError
from kotune.core.names import BASE
from kotune.core.storage import Json


def check_chains(where: str, arms: Json) -> None:
    """Raise UserError for a `from` that leads to nothing, or back to where it came from; ``arms``: as a study has them.

    ``where``: the study's file.
    """
    for arm, given in arms.items():
        place, passed, start = f"{where}, arm '{arm}', key 'from'", [arm], given.get("from")
        if start is not None and arm == BASE:
            raise UserError(f"{place}: the arm '{BASE}' is not trained, so it starts from no adapter; take `from` away")
        while start is not None:
            if start == BASE:
                raise UserError(
                    f"{place}: the arm '{BASE}' has no adapter to start from; leave `from` out to train a new one"
                )
            entry(arms, start, "arm", place)
            if arms[start].get("adapter") == BASE:
                raise UserError(f"{place}: the arm '{start}' has no adapter to start from; leave `from` out")
            if start in passed:
                raise UserError(f"{place}: the arms start from one another: {' from '.join([*passed, start])}")
            passed.append(start)
            start = arms[start].get("from")


def models_of(arm: str, settings: Json) -> list[str]:
    """Return the candidates that an arm names, else those of the arm that it starts from, else all."""
    given = settings["arms"][arm]
    if "models" in given:
        return given["models"]
    return models_of(given["from"], settings) if "from" in given else settings["candidates"]


def check_adapters(where: str, arms: dict[str, Json]) -> None:
    """Raise UserError for a model without an adapter to start from, or with one of other LoRA settings.

    ``arms``: as `study.resolve` makes them, with models under their names in paths and merged recipes.
    """
    for arm, treatment in arms.items():
        if "from" not in treatment:
            continue
        place, start = f"{where}, arm '{arm}', key 'from'", arms[treatment["from"]]
        missing = [model for model in treatment["models"] if model not in start["models"]]
        if missing:
            raise UserError(
                f"{place}: the arm '{treatment['from']}' has no adapter of '{missing[0]}' to start from; add it to the "
                "`models` of that arm, or take it from those of this one"
            )
        ours, theirs = treatment["recipe"]["lora"], start["recipe"]["lora"]
        for key in sorted({*ours, *theirs}):
            if _plain(ours.get(key)) != _plain(theirs.get(key)):
                raise UserError(
                    f"{place}: lora.{key} of its recipe is {ours.get(key)!r}, and that of the arm "
                    f"'{treatment['from']}' {theirs.get(key)!r}; an adapter that is trained on keeps its form, so both "
                    "recipes must have the same lora settings"
                )


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value
