"""A card's prompt: what a variant says to a model, with the names of a row's columns in braces in place of its texts.

Takes settings; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.prompts.additions import columns_of
from kotune.prompts.dialogues import HISTORY
from kotune.prompts.families import family_from
from kotune.prompts.variants import TRAINING, renderer


def template(told: Json, columns: Sequence[str], empty: Sequence[str]) -> str | None:
    """Return the prompt that was learned, of a row whose texts are its columns' names: ``{question}``.

    ``told``: "prompt", "family" and "family_name" of the model. ``empty``: columns that rows have besides, of which
    nothing is shown. None where the prompt shows rows of train, which are other ones for each row.
    """
    prompt = told["prompt"]
    if columns_of(prompt["content"]):
        return None
    row: Json = {**dict.fromkeys(empty, ""), **{name: f"{{{name}}}" for name in columns}}
    if HISTORY in row:
        row[HISTORY] = []
    family = family_from(told["family_name"], told["family"])
    return renderer(prompt, family, list(row), TRAINING).prompt(row)
