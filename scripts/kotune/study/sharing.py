"""Studies that share another study's rows, models and arms (`shares`), and arms that share an adapter (`adapter`).

A sharing study takes from the other one everything but what is said of itself, and the arms that it names: those are
trained, answered and scored once, under the other study's name. Reads config/studies/; writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.catalogue import entry
from kotune.core.errors import UserError
from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.study.grids import MADE, SET, refuse_made, study_file
from kotune.study.kept_arms import SHARES, of_shared
from kotune.study.starts import models_of

# what a sharing study says itself; all else is the other study's, because files that are shared depend on it
OWN_TEXTS = ("title", "title_ko", "question", "question_ko")
OWN_KEYS = (
    *OWN_TEXTS,
    SHARES,
    "arms",
    MADE,
    "statistics",
    "published",
    "evaluations",
    "contrasts",
    "ladder",
    "export",
    "panel",
)
# what is the other study's alone: its choice, its ensembles and what it prints of its source
NOT_TAKEN = (
    "selection",
    "census",
    "embedders",
    "ensembles",
    "submission",
    "published",
    "evaluations",
    "contrasts",
    "ladder",
    "export",
    "panel",
    MADE,
)
OF_THE_TRAINED = ("rowset", "prompt", "recipe", SET)  # what an arm has from the one whose adapter it answers with


def owner_of(name: str, settings: Json) -> str:
    """Return the study under whose name the rows of a study lie: its own, or that which it shares."""
    return settings[SHARES]["study"] if SHARES in settings else name


def whole(name: str, settings: Json, root: Path) -> Json:
    """Return a study's settings with those of the study that it shares, and each arm with all that it is made by.

    Raises UserError for what the two studies would contradict one another in.
    """
    where = f"config/studies/{name}.yaml"
    if SHARES in settings:
        settings = _with_shared(where, name, settings, root)
    arms = {arm: _with_adapter(f"{where}, arm '{arm}'", arm, settings) for arm in settings["arms"]}
    for arm, given in arms.items():
        start = given.get("from")
        if start in arms and "adapter" in arms[start] and arms[start]["adapter"] != BASE:
            raise UserError(
                f"{where}, arm '{arm}', key 'from': the arm '{start}' trains no adapter of its own; "
                f"write from: {arms[start]['adapter']}"
            )
    return {**settings, "arms": arms}


def _with_shared(where: str, name: str, settings: Json, root: Path) -> Json:
    shared = settings[SHARES]
    other, place = shared["study"], f"{where}, key '{SHARES}'"
    if other == name:
        raise UserError(f"{place}: a study cannot share itself; name another one")
    theirs = study_file(other, root)
    if SHARES in theirs:
        raise UserError(f"{place}: '{other}' shares '{theirs[SHARES]['study']}' itself; name that one")
    if "selection" in theirs:
        raise UserError(f"{place}: '{other}' tunes the model that it selects, which cannot be shared")
    for key in settings:
        if key not in OWN_KEYS:
            raise UserError(f"{where}, key '{key}': it is that of '{other}', which the study shares; take it away")
    for arm in shared["arms"]:
        refuse_made(f"{place}, arms", arm, theirs.get(MADE, {}))
        given = entry(theirs["arms"], arm, "arm", f"{place}, arms")
        if arm in settings["arms"]:
            raise UserError(f"{where}, arm '{arm}': it is shared with '{other}'; give the study's own arm another name")
        if "from" in theirs["rowsets"].get(given.get("rowset"), {}):
            raise UserError(f"{place}: the arm '{arm}' learns samples, which cannot be shared")
        for key in ("from", "adapter"):
            if key in given and given[key] not in shared["arms"]:
                raise UserError(f"{place}: the arm '{arm}' needs the adapter of '{given[key]}'; share that arm, too")
    taken = {key: value for key, value in theirs.items() if key not in NOT_TAKEN}
    scales = {
        scale: {key: value for key, value in said.items() if key not in NOT_TAKEN}
        for scale, said in taken.get("scales", {}).items()
    }
    rowsets = {rowset: given for rowset, given in taken["rowsets"].items() if "from" not in given}
    arms = {arm: theirs["arms"][arm] for arm in shared["arms"]} | settings["arms"]
    scales = of_shared(scales, shared["arms"], settings["arms"])
    return {**taken, **({"scales": scales} if scales else {}), "rowsets": rowsets, **settings, "arms": arms}


def _with_adapter(place: str, arm: str, settings: Json) -> Json:
    """Return an arm; one that answers with another arm's adapter has that arm's rows, prompt, recipe and models."""
    given = settings["arms"][arm]
    if "adapter" not in given:
        return given
    place = f"{place}, key 'adapter'"
    trained = entry(settings["arms"], given["adapter"], "arm", place)
    if arm == BASE:
        raise UserError(f"{place}: the arm '{BASE}' is asked as it is; give the arm another name")
    if "adapter" in trained:
        raise UserError(f"{place}: '{given['adapter']}' trains no adapter itself; name '{trained['adapter']}'")
    theirs = models_of(given["adapter"], settings)
    for model in given.get("models", ()):
        if model not in theirs:
            raise UserError(
                f"{place}: the arm '{given['adapter']}' has no adapter of '{model}'; its models are {', '.join(theirs)}"
            )
    taken = {key: trained[key] for key in OF_THE_TRAINED if key in trained}
    return {"models": theirs, **taken, **given}


def check_configured(name: str, settings: Json, config: Json) -> None:
    """Raise UserError for rows, or a word on them, that the configuration gives a study which shares another's."""
    if SHARES not in settings:
        return
    other = settings[SHARES]["study"]
    if name in config["data"]:
        raise UserError(
            f"data: '{name}' shares the rows of '{other}' (config/studies/{name}.yaml); bring them under that name: "
            f"--config data='{{{other}: {config['data'][name]}}}'"
        )
    if name in config.get("without_reasoning", []):
        raise UserError(f"without_reasoning: '{name}' shares the rows of '{other}'; name that study")
