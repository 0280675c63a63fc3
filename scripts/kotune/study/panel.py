"""One tuned model, several prompts: an arm that chooses among other arms' answers (`chooses`), and a study's `panel`.

Reads config/prompts/; writes nothing. After the entry that won the graduate prize of DACON 236291 (Seosamo/dacon_inha,
re_inference.py): one tuned model is asked with three prompts, and with a further one in which it chooses among its own
three answers. The panel takes the same answers by votes, beside those of several models that are asked as often.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.catalogue import entry
from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.prompts.shots import placed
from kotune.study.evaluations import asked_with
from kotune.study.starts import models_of
from kotune.study.wording import prompt_content

CHOOSES = "chooses"  # of an arm: the arms among whose answers its models choose
PANEL = "panel"  # of a study
COLUMN = "answers"  # the column of rows that the choosing prompt shows: those answers, a line each


def choosing(settings: Json) -> dict[str, list[str]]:
    """Return the arms that choose, each with the arms among whose answers it does."""
    return {arm: given[CHOOSES] for arm, given in settings["arms"].items() if CHOOSES in given}


def check_chooses(where: str, settings: Json) -> None:
    """Raise UserError for an arm that chooses among answers of other adapters, or is asked what nobody has answered.

    ``where``: the study's file.
    """
    arms = settings["arms"]
    for arm, others in choosing(settings).items():
        place, ours = f"{where}, arm '{arm}', key '{CHOOSES}'", arms[arm]["adapter"]
        for other in others:
            given = entry(arms, other, "arm", place)
            if CHOOSES in given:
                raise UserError(f"{place}: '{other}' chooses itself; name the arms that answer")
            if other != ours and given.get("adapter") != ours:
                raise UserError(
                    f"{place}: '{other}' does not answer with the adapters of '{ours}'; a model chooses among its own "
                    f"answers to several prompts (adapter: {ours}, answers_with: …)"
                )
            for model in models_of(arm, settings):
                if model not in models_of(other, settings):
                    raise UserError(f"{place}: '{model}' has no arm '{other}'; name models that have all of them")
        prompts = [asked_with(arms[other]) for other in others]
        if len(set(prompts)) < len(prompts):
            raise UserError(f"{place}: two of them are asked with one prompt ({', '.join(prompts)})")
        for evaluation, asked in settings.get("evaluations", {}).items():
            if arm in asked:
                raise UserError(f"{place}: the arm answers the study's own rows alone; take it out of {evaluation}")
        if arm in settings.get("export", {}).get("arms", ()):
            raise UserError(f"{place}: it has no adapter of its own to take home; take the arm out of export.arms")
    _check_panel(where, settings)


def _check_panel(where: str, settings: Json) -> None:
    given = settings.get(PANEL)
    if not given:
        return
    place, found = f"{where}, {PANEL}", choosing(settings)
    entry(settings["arms"], given["arm"], "arm", f"{place}.arm")
    if given["arm"] not in found:
        raise UserError(f"{place}.arm: '{given['arm']}' does not choose (key '{CHOOSES}' of the arm)")
    first = found[given["arm"]][0]
    for model in given.get("beside", ()):
        if model not in models_of(first, settings):
            raise UserError(f"{place}.beside: '{model}' has no arm '{first}'; name models that have it")


def check_shown(where: str, arms: Json, models: dict[str, Json], root: Path) -> None:
    """Raise UserError for a choosing prompt that does not show the answers; ``arms``, ``models``: as at a scale."""
    for arm, treatment in arms.items():
        if CHOOSES not in treatment:
            continue
        prompt = asked_with(treatment)
        for model in treatment["models"]:
            if not placed(prompt_content(prompt, root), models[model]["family"], COLUMN):
                raise UserError(
                    f"{where}, arm '{arm}': '{prompt}' does not say where the answers stand; write "
                    f"{{{{ {COLUMN} }}}} there"
                )


def panel_at(settings: Json, arms: Json, names: dict[str, str]) -> Json:
    """Return a study's panel at a scale: arm, the arms that answer, its models and seeds, and the models beside.

    Nothing where the study has none, or the arm no model.
    """
    given = settings.get(PANEL)
    if not given or not arms.get(given["arm"], {}).get("models"):
        return {}
    treatment = arms[given["arm"]]
    beside = [names[model] for model in given.get("beside", ()) if model in names]
    beside = beside if len(beside) > 1 else []  # one model has nobody to vote with
    told = {"arm": given["arm"], "answers": treatment[CHOOSES], "beside": beside}
    return {**told, "models": treatment["models"], "seeds": treatment["seeds"]}
