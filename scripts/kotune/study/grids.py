"""Grids: a recipe's `grid` makes of each arm that names it one arm a combination, as if each were written out.

Reads config/studies/ and config/recipes/; writes nothing. A made arm has the name of the written one and behind it the
values, `lora_r4_epochs1`; in `set` it has what replaces the recipe's own values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from kotune.core.catalogue import SCHEMAS, check, named, read_yaml
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.study.choices import spread

GRID, SET = "grid", "set"
MADE = "made_arms"  # in a study's settings: each arm that became several, and the names that were made of it
SHORT = {  # what a name calls an argument, where its own name is long
    "num_train_epochs": "epochs",
    "max_steps": "steps",
    "learning_rate": "lr",
    "lora_alpha": "alpha",
    "lora_dropout": "dropout",
    "use_rslora": "rslora",
    "target_modules": "on",
    "per_device_train_batch_size": "batch",
    "gradient_accumulation_steps": "accumulation",
    "lr_scheduler_type": "schedule",
    "warmup_steps": "warmup",
    "weight_decay": "decay",
    "max_grad_norm": "norm",
    "max_length": "length",
    "bnb_4bit_quant_type": "quant",
}


@lru_cache
def _places() -> dict[str, str | None]:
    """Return each argument that a grid may name, with the part of a recipe that it stands in; None for none."""
    schema = read_yaml(SCHEMAS / "recipe.schema.yaml")
    places: dict[str, str | None] = {}
    for name, given in schema["properties"].items():
        inner = schema["$defs"].get(name, given) if name != "lora" else given
        if "properties" in inner:
            places |= dict.fromkeys(inner["properties"], name)
        elif name not in (GRID, "arguments"):
            places[name] = None
    return places


def _shown(value: Any) -> str:
    """Return a value as part of an arm's name: 0.0002 is 2e_4."""
    if isinstance(value, bool) or value is None:
        return {True: "on", False: "off", None: "none"}[value]
    if isinstance(value, list):
        return "_".join(map(_shown, value))
    text = str(value).lower()
    if isinstance(value, float):
        mantissa, exponent = f"{value:.9e}".split("e")
        small = 0 < abs(value) < 0.01
        text = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}" if small else f"{value:.10g}"
    return re.sub(r"[^a-z0-9]+", "_", re.sub("^-", "minus", text))


def _part(argument: str, value: Any) -> str:
    """Return how a name says an argument's value: r4, epochs1, loss_all."""
    short, shown = SHORT.get(argument, argument.lower()), _shown(value).strip("_")
    return f"{short}{shown}" if isinstance(value, int | float) and not isinstance(value, bool) else f"{short}_{shown}"


def _arguments(key: str, where: str) -> list[str]:
    """Return the arguments that a key of a grid names; UserError for one that a recipe does not have."""
    found = [one.strip() for one in key.split(",")]
    for one in found:
        if one not in _places():
            raise UserError(f"{where}: a recipe has no argument '{one}' for a grid{nearest(one, _places())}")
    return found


def _choices(grid: Json, where: str) -> list[list[tuple[str, Json]]]:
    """Return for each key of a grid its choices: what stands in a name, and the arguments' values."""
    choices, known = [], set()
    for key, values in grid.items():
        arguments = _arguments(key, where)
        for one in arguments:
            if one in known:
                raise UserError(f"{where}.{key}: '{one}' stands in the grid twice; leave one of them")
            known.add(one)
        found = []
        for value in values:
            together = value if len(arguments) > 1 else [value]
            if not isinstance(together, list) or len(together) != len(arguments):
                raise UserError(
                    f"{where}, '{key}': {value!r} must be a list of {len(arguments)} values, one for each argument"
                )
            found.append((_part(arguments[0], together[0]), dict(zip(arguments, together, strict=True))))
        choices.append(found)
    return choices


def combinations(name: str, root: Path) -> list[tuple[str, Json]]:
    """Return each combination of a recipe's grid: what it adds to an arm's name, and the values; [] without a grid.

    Raises UserError, naming file and key, for a value that the recipe could not have.
    """
    recipe, where = named("recipes", name, "recipe", root), f"config/recipes/{name}.yaml, {GRID}"
    made = []
    for chosen in product(*_choices(recipe[GRID], where)) if GRID in recipe else ():
        values = {argument: value for _, given in chosen for argument, value in given.items()}
        suffix = "_".join(part for part, _ in chosen)
        check(with_values(recipe, values), "recipe", f"{where} ({suffix})")
        made.append((suffix, values))
    return made


def with_values(recipe: Json, values: Json) -> Json:
    """Return a recipe without its grid and with other values of some arguments."""
    result = {key: value for key, value in recipe.items() if key != GRID}
    for argument, value in values.items():
        part = _places()[argument]
        result |= {argument: value} if part is None else {part: {**(result.get(part) or {}), argument: value}}
    return result


def recipe_of(name: str, values: Json | None, root: Path) -> Json:
    """Return a recipe as its file has it, with the values of a made arm, if any."""
    return with_values(named("recipes", name, "recipe", root), values or {})


def study_file(name: str, root: Path) -> Json:
    """Return config/studies/{name}.yaml with each arm whose recipe has a grid, or its rowset lists, in combinations.

    Raises UserError for two arms of one name, and where something else in the file names the arm that became several.
    """
    where = f"config/studies/{name}.yaml"
    settings = spread(where, named("studies", name, "study", root))
    arms: Json = {}
    made: dict[str, list[str]] = {}
    for arm, given in settings["arms"].items():
        found = combinations(given["recipe"], root) if "recipe" in given else []
        if found:
            made[arm] = [f"{arm}_{suffix}" for suffix, _ in found]
        for new, values in [(f"{arm}_{suffix}", {SET: values}) for suffix, values in found] or [(arm, {})]:
            if new in arms or new in settings["arms"] and new != arm:
                raise UserError(
                    f"{where}, arm '{arm}': the grid of its recipe '{given.get('recipe')}' makes '{new}', and there is "
                    "such an arm; give one of them another name, or take the value out of the grid"
                )
            arms[new] = {**given, **values}
    if not made:
        return settings
    for place, arm in _named_arms(settings):
        refuse_made(f"{where}, {place}", arm, made)
    return {**settings, "arms": arms, MADE: made}


def refuse_made(place: str, arm: str, made: dict[str, list[str]]) -> None:
    """Raise UserError where an arm is named that became several."""
    if arm in made:
        raise UserError(f"{place}: the grid of its recipe makes several arms of '{arm}'; name {', '.join(made[arm])}")


def _named_arms(settings: Json) -> Iterator[tuple[str, str]]:
    """Yield each place of a study's file that names an arm, and the arm."""
    for arm, given in settings["arms"].items():
        for key in ("from", "adapter"):
            if key in given:
                yield f"arm '{arm}', key '{key}'", given[key]
    for rowset, given in settings.get("rowsets", {}).items():
        if "from" in given:
            yield f"rowset '{rowset}', key 'from'", given["from"]["arm"]
    for evaluation, asked in settings.get("evaluations", {}).items():
        yield from ((f"evaluations.{evaluation}", arm) for arm in asked)
    yield from (("selection.arms", arm) for arm in settings.get("selection", {}).get("arms", ()))
    if "ensembles" in settings:
        yield "ensembles.arm", settings["ensembles"]["arm"]
    for name, pair in settings.get("contrasts", {}).items():
        yield from ((f"contrasts.{name}", arm) for arm in pair)
    yield from (("shown", arm) for arm in settings.get("shown", ()))
    for scale, said in settings.get("scales", {}).items():
        yield from ((f"scales.{scale}.arms", arm) for arm in said.get("arms", ()))
