"""A study's arms at a scale: which models each has, under their names in paths, its recipe and its seeds.

Reads config/recipes/; writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.errors import UserError, nearest
from kotune.core.names import BASE, SELECTED
from kotune.core.storage import Json
from kotune.prompts.thinking import KEY, switched_on
from kotune.study.grids import SET, recipe_of
from kotune.study.panel import CHOOSES
from kotune.study.sampled import asked_rowset
from kotune.study.scales import recipe_at
from kotune.study.seeds import seeds_of_arms, untuned
from kotune.study.starts import check_adapters, check_chains, models_of


def arms_at(
    study: str,
    settings: Json,
    names: dict[str, str],
    left_out: dict[str, str],
    lens: Json,
    seeds: list[int],
    root: Path,
) -> dict[str, Json]:
    """Return each arm with its models under their names in paths, its prompt content, its merged recipe and its seeds.

    ``names``: candidate → its name in paths; ``left_out``: candidates that cannot be had, with the reason.
    """
    where = f"config/studies/{study}.yaml"
    check_chains(where, settings["arms"])
    arms = {}
    for arm, given in settings["arms"].items():
        asked = asked_rowset(where, settings, arm)
        if untuned(arm, given) == ("recipe" in given):
            raise UserError(f"{where}, arm '{arm}': only the arm 'base' goes without a recipe")
        wanted = models_of(arm, settings)
        if SELECTED in wanted and (arm == BASE or "selection" not in settings):
            raise UserError(
                f"{where}, arm '{arm}': models: [{SELECTED}] needs a recipe, and the key 'selection' in the study"
            )
        unknown = [name for name in wanted if name not in names and name != SELECTED and name not in left_out]
        if unknown:
            raise UserError(f"{where}, arm '{arm}': '{unknown[0]}' is not a candidate{nearest(unknown[0], names)}")
        recipe = recipe_at(given.get("recipe", settings["base_recipe"]), lens, root, given.get(SET))
        models = [names.get(name, name) for name in wanted if name not in left_out]
        if SELECTED in models and "rehearsal" in lens:  # nobody knows yet which it will be
            models = list(dict.fromkeys([*(name for name in models if name != SELECTED), *names.values()]))
        arms[arm] = {"rowset": asked, "prompt": given["prompt"], "recipe": recipe, "models": models}
        if asked != given["rowset"]:
            arms[arm]["learns"] = given["rowset"]
        # a rehearsal asks no evaluation to practise on: rows as long as the study's own take their place
        kept = ("from", "adapter", "answers_with", CHOOSES, *(() if "rehearsal" in lens else ("practice",)))
        arms[arm] |= {key: given[key] for key in kept if key in given}
        if "thinking" in given:
            arms[arm] |= _thinking(where, arm, given, arms[arm], settings)
        # beside the recipe and not in it: more cards are no reason to train again
        written = recipe_of(given.get("recipe", settings["base_recipe"]), given.get(SET), root)
        arms[arm]["cards"] = written.get("cards", 1)
    check_adapters(where, arms)
    of_arms = seeds_of_arms(where, settings, seeds)
    return {arm: {**treatment, "seeds": of_arms[arm]} for arm, treatment in arms.items()}


def _thinking(where: str, arm: str, given: Json, made: Json, settings: Json) -> Json:
    """Return what `thinking` changes of an arm: the prompt that it is asked with, where it is on.

    Raises UserError for an arm that would learn answers without thoughts where thoughts should stand, and where nobody
    says how many tokens thoughts may take.
    """
    if not given[KEY]:
        return {KEY: False}
    place = f"{where}, arm '{arm}', key 'thinking'"
    if "recipe" in given and "adapter" not in given:
        raise UserError(
            f"{place}: it would learn answers without thoughts behind an opening for thoughts; tune it without "
            "`thinking`, and let another arm answer with its adapter (`adapter`, `answers_with`) and thinking on"
        )
    if "thinking_tokens" not in settings["generation"]:
        raise UserError(f"{place}: generation.thinking_tokens must say how many new tokens thoughts may take; add it")
    asked = "answers_with" if "answers_with" in made else "prompt"
    return {KEY: True, asked: switched_on(made[asked])}
