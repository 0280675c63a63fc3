"""Arms and evaluations that run at a scale (`scales.{SCALE}` of a study), and what goes with those that do not.

Reads and writes nothing. Arms are a list, or each with how many of the study's seeds it has there (null: as elsewhere);
evaluations are a list.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.catalogue import entry, named
from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.study.model_cards import KEY as MODEL_CARDS

SHARES = "shares"
UNASKED = "unasked_evaluations"  # in a study's settings: evaluations whose file is not there, and that file
LEFT_OUT_CARDS = "left_out_cards"  # in a study's settings at a scale: arms of `model_cards` that do not run there
LEFT_OUT = "left_out_arms"  # in a study's settings at a scale: the arms that do not run there


def check_kept(where: str, settings: Json) -> None:
    """Raise UserError for a scale's arm or evaluation that the study does not have, whatever the scale of the run."""
    for scale, said in settings.get("scales", {}).items():
        for arm in said.get("arms", ()):
            entry(settings["arms"], arm, "arm", f"{where}, scales.{scale}.arms")
        for name in said.get("evaluations", ()):
            entry(settings.get("evaluations", {}), name, "evaluation", f"{where}, scales.{scale}.evaluations")


def asked_at(settings: Json, names: list[str] | None) -> Json:
    """Return a study's settings with the evaluations alone that are asked at a scale; with all, where it names none."""
    if names is None:
        return settings
    return {**settings, "evaluations": {name: of for name, of in settings["evaluations"].items() if name in names}}


def with_files(settings: Json, root: Path) -> Json:
    """Return a study's settings without the evaluations that may be missing and whose file is not there.

    Those are named, with their file, under UNASKED.
    """
    gone = {}
    for name in settings.get("evaluations", {}):
        given = named("evaluations", name, "evaluation", root)
        if given.get("may_be_missing") and not (root / given.get("path", "")).is_file():
            gone[name] = given.get("path", "")
    if not gone:
        return settings
    asked = {name: of for name, of in settings["evaluations"].items() if name not in gone}
    return {**settings, "evaluations": asked, UNASKED: gone}


def of_shared(scales: Json, shared: list[str], own: Json) -> Json:
    """Return the shared study's scales for the study that shares it, all of whose own arms run."""
    return {
        scale: {**said, "arms": _of_shared(said["arms"], shared, own)} if "arms" in said else said
        for scale, said in scales.items()
    }


def _of_shared(kept: Json | list[str], shared: list[str], own: Json) -> Json:
    return {**{arm: count for arm, count in _counted(kept).items() if arm in shared}, **dict.fromkeys(own)}


def _counted(kept: Json | list[str]) -> dict[str, int | None]:
    """Return the arms that run, each with how many seeds it has, None where the scale says nothing of them."""
    return dict(kept) if isinstance(kept, dict) else dict.fromkeys(kept)


def at_scale(where: str, settings: Json, kept: Json | list[str] | None, scale: str) -> Json:
    """Return a study's settings with the arms that run at a scale, and without what is only about the others.

    Evaluations, contrasts, examples, cards and rowsets of arms that are left out go with them. Raises UserError where
    an arm that runs, the ensembles or the selection need one that does not.
    """
    if kept is None:
        return settings
    counts = _counted(kept)
    arms = {
        arm: {**given, "seeds": counts[arm]} if counts[arm] else given
        for arm, given in settings["arms"].items()
        if arm in counts
    }
    missing = [arm for arm in settings["arms"] if arm not in arms]
    rowsets = {
        rowset: given
        for rowset, given in settings["rowsets"].items()
        if given.get("from", {}).get("arm") not in missing
    }
    _check_needed(f"{where}, scales.{scale}.arms", settings, arms, missing)
    asked = {name: [arm for arm in of if arm in arms] for name, of in settings.get("evaluations", {}).items()}
    result = {**settings, "arms": arms, "rowsets": rowsets, LEFT_OUT: missing}
    result["evaluations"] = {name: of for name, of in asked.items() if of}
    result["contrasts"] = {
        name: pair for name, pair in settings.get("contrasts", {}).items() if not set(pair) & set(missing)
    }
    if len(rungs := [arm for arm in settings.get("ladder", ()) if arm in arms]) > 1:
        result["ladder"] = rungs
    else:
        result.pop("ladder", None)
    if "shown" in settings:
        result["shown"] = [arm for arm in settings["shown"] if arm in arms]
    if MODEL_CARDS in settings:
        result[MODEL_CARDS] = [arm for arm in settings[MODEL_CARDS] if arm not in missing]
        result[LEFT_OUT_CARDS] = [arm for arm in settings[MODEL_CARDS] if arm in missing]
    if SHARES in settings:
        shared = [arm for arm in settings[SHARES]["arms"] if arm in arms]
        result[SHARES] = {**settings[SHARES], "arms": shared}
    return result


def _check_needed(place: str, settings: Json, arms: Json, missing: list[str]) -> None:
    """Raise UserError where something that runs needs an arm that does not."""
    needs = [(f"the arm '{arm}'", given.get(key)) for arm, given in arms.items() for key in ("from", "adapter")]
    for arm, given in arms.items():
        samples = settings["rowsets"].get(given["rowset"], {}).get("from", {})
        needs.append((f"the arm '{arm}'", samples.get("arm")))
        needs += [(f"the arm '{arm}'", other) for other in given.get("chooses", ())]
    needs.append(("panel.arm", settings.get("panel", {}).get("arm")))
    needs.append(("ensembles.arm", settings.get("ensembles", {}).get("arm")))
    needs += [("selection.arms", arm) for arm in settings.get("selection", {}).get("arms", ())]
    for who, needed in needs:
        if needed in missing:
            raise UserError(f"{place}: '{needed}' is not among them, and {who} needs it; add it")
