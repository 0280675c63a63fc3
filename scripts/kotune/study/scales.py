"""Scales: a study's settings and recipes at a scale; dicts are merged, everything else is replaced.

Reads config/scales/ and config/recipes/; writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.catalogue import check_keys, named
from kotune.core.errors import UserError, nearest
from kotune.core.names import METHOD, METHODS, ROOT
from kotune.core.registry import module_of
from kotune.core.storage import Json
from kotune.study.grids import recipe_of

LENS_KEYS = ("trainer", "methods", "quantization", "generation", "rows")
# what a study says of its arms and evaluations at a scale: which of them run (`study.kept_arms`)
ARMS, EVALUATIONS = "arms", "evaluations"


def merged(base: Json | None, over: Json) -> Json | None:
    """Return ``base`` with ``over`` on top; dicts merge, everything else is replaced. Nothing stays nothing."""
    if base is None:
        return None
    result = dict(base)
    for key, value in over.items():
        result[key] = (
            merged(result[key], value) if isinstance(value, dict) and isinstance(result.get(key), dict) else value
        )
    return result


def recipe_at(name: str, lens: Json, root: Path = ROOT, values: Json | None = None) -> Json:
    """Return a recipe with the scale's overrides merged in: those for every method, then those for its own.

    ``values``: what an arm that a grid made has in place of the recipe's own.

    Raises UserError for an argument that its method (kotune/training/methods/) does not have.
    """
    recipe = recipe_of(name, values, root)
    method = recipe.get("method", METHOD)
    own = lens.get("methods", {}).get(method, {})
    arguments = {**recipe.get("arguments", {}), **own.get("arguments", {})}
    known = module_of(METHODS, method).ARGUMENTS
    check_keys(arguments, known, f"config/recipes/{name}.yaml or the scale, arguments of the method '{method}'")
    kept = _kept(recipe, f"config/recipes/{name}.yaml")
    return {
        "method": method,
        "lora": recipe["lora"],
        "quantization": merged(merged(recipe["quantization"], lens["quantization"]), kept["quantization"]),
        "trainer": {**recipe["trainer"], **lens["trainer"], **own.get("trainer", {}), **kept["trainer"]},
        **({"arguments": arguments} if arguments else {}),
        **({"budget": {**recipe["budget"], **own.get("budget", {})}} if "budget" in recipe else {}),
        **{key: recipe[key] for key in ("engine", "passes", "loss", "watch") if key in recipe},
    }


def _kept(recipe: Json, where: str) -> dict[str, Json]:
    """Return the values of trainer and quantization that a recipe keeps at any scale; UserError for one it lacks."""
    parts = {part: recipe[part] or {} for part in ("trainer", "quantization")}
    known = [key for given in parts.values() for key in given]
    for key in recipe.get("keeps", ()):
        if key not in known:
            raise UserError(f"{where}, keeps: neither trainer nor quantization has '{key}'{nearest(key, known)}")
    return {
        part: {key: value for key, value in given.items() if key in recipe.get("keeps", ())}
        for part, given in parts.items()
    }


def overlaid(lens: Json, over: Json) -> Json:
    """Return a lens with another one's words on top.

    What the one on top says for every method also takes the place of what the one below says for a single method.
    """
    said = over.get("trainer", {})
    methods = {
        method: {
            part: {key: value for key, value in given.items() if part != "trainer" or key not in said}
            for part, given in parts.items()
        }
        for method, parts in lens.get("methods", {}).items()
    }
    return merged({**lens, **({"methods": methods} if methods else {})}, over) or lens


def with_whole_numbers(config: Json) -> Json:
    """Return the configuration with seeds as numbers: a list on Snakemake's command line arrives as text."""
    seeds = config.get("seeds")
    if not isinstance(seeds, list):
        return config
    return {**config, "seeds": [int(seed) if str(seed).isdecimal() else seed for seed in seeds]}


def lens_at(scale: str, root: Path = ROOT) -> Json:
    """Return a scale's settings; a rehearsal's are those of the scale that it is of, with its own on top."""
    lens = named("scales", scale, "scale", root)
    if "rehearsal" not in lens:
        return lens
    rehearsed = named("scales", lens["rehearsal"]["of"], "scale", root)
    if rehearsed.get("stand_ins") or "rehearsal" in rehearsed:
        raise UserError(
            f"config/scales/{scale}.yaml, rehearsal.of: '{lens['rehearsal']['of']}' has no true shapes to rehearse"
        )
    return overlaid(rehearsed, lens)


def of_scale(settings: Json, lens: Json, scale: str) -> tuple[Json, Json]:
    """Return lens and settings with what the study says of this scale on top of each."""
    own = settings.get("scales", {}).get(scale, {})
    over = {key: value for key, value in own.items() if key in LENS_KEYS}
    rest = {key: value for key, value in own.items() if key not in (*LENS_KEYS, ARMS, EVALUATIONS)}
    return overlaid(lens, over), merged(settings, rest) or settings
