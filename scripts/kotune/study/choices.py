"""Rowsets that choose from another rowset's rows by several methods at several sizes, written once.

Lists in ``choose`` make of a rowset one a combination, and of each arm that has it one a combination, too: `lima` with
``{by: [random, deita], rows: [16, 64]}`` becomes `lima_random_16` … `lima_deita_64`, as if each were written out.
Where a list of arms names the written one (evaluations, model cards, a scale's arms), it stands for all that it became.
Reads and writes nothing.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from kotune.core.errors import UserError
from kotune.core.storage import Json

OF, CHOOSE, BY, ROWS = "of", "choose", "by", "rows"


def chosen(settings: Json) -> dict[str, Json]:
    """Return the rowsets that are chosen from another one's rows, by name."""
    return {name: given for name, given in settings["rowsets"].items() if OF in given}


def spread(where: str, settings: Json) -> Json:
    """Return a study's settings with each rowset, and each arm that has it, in the combinations of its lists.

    ``where``: the study's file. Raises UserError for a name that is there already, and for a place that needs one arm.
    """
    rowsets: Json = {}
    made: dict[str, list[tuple[str, str]]] = {}
    for name, given in settings.get("rowsets", {}).items():
        combinations = _combinations(given.get(CHOOSE, {}))
        made |= {name: [(suffix, f"{name}_{suffix}") for suffix, _ in combinations]} if combinations else {}
        for suffix, chosen in combinations:
            rowsets[_new(f"{name}_{suffix}", settings["rowsets"], f"{where}, rowset '{name}'")] = {
                **given, CHOOSE: {**given[CHOOSE], **chosen},
            }  # fmt: skip
        rowsets |= {} if combinations else {name: given}
    if not made:
        return settings
    arms: Json = {}
    became: dict[str, list[str]] = {}
    for arm, given in settings["arms"].items():
        if given.get("rowset") not in made:
            arms[arm] = given
            continue
        for suffix, rowset in made[given["rowset"]]:
            new = _new(f"{arm}_{suffix}", settings["arms"], f"{where}, arm '{arm}'")
            arms[new] = {**given, "rowset": rowset}
            became.setdefault(arm, []).append(new)
    _check_rowsets(where, settings, made)
    return {**_listed(settings, became), "rowsets": rowsets, "arms": _checked(where, arms, became, settings)}


def _combinations(choose: Json) -> list[tuple[str, Json]]:
    """Return each combination of the lists of ``choose``: what it adds to a name, and the values; [] without a list."""
    if not any(isinstance(choose.get(key), list) for key in (BY, ROWS)):
        return []
    ways, sizes = (value if isinstance(value, list) else [value] for value in (choose[BY], choose[ROWS]))
    return [(f"{by}_{rows}", {BY: by, ROWS: rows}) for by, rows in product(ways, sizes)]


def _new(name: str, known: Json, place: str) -> str:
    if name in known:
        raise UserError(f"{place}: the lists of its 'choose' make '{name}', and there is one; rename one of them")
    return name


def _check_rowsets(where: str, settings: Json, made: dict[str, Any]) -> None:
    """Raise UserError where a rowset that became several is asked for as one."""
    for name, given in settings["rowsets"].items():
        if given.get(OF) in made:
            raise UserError(
                f"{where}, rowset '{name}', of: the lists of 'choose' make several rowsets of '{given['of']}'; name one"
            )
    for scale, said in settings.get("scales", {}).items():
        for name in said.get("rowsets", {}):
            if name in made:
                raise UserError(
                    f"{where}, scales.{scale}.rowsets: the lists of 'choose' make several rowsets of '{name}'; name "
                    f"{made[name][0][1]} and others one by one"
                )


def _checked(where: str, arms: Json, became: dict[str, list[str]], settings: Json) -> Json:
    """Return the arms; UserError where one arm is needed and one is named that became several."""
    places = [
        (f"arm '{arm}', key '{key}'", given.get(key)) for arm, given in arms.items() for key in ("from", "adapter")
    ]
    rowsets = settings["rowsets"].items()
    places += [(f"rowset '{name}', key 'from'", given.get("from", {}).get("arm")) for name, given in rowsets]
    places += [("selection.arms", arm) for arm in settings.get("selection", {}).get("arms", ())]
    places += [("ensembles.arm", settings.get("ensembles", {}).get("arm"))]
    places += [(f"contrasts.{name}", arm) for name, pair in settings.get("contrasts", {}).items() for arm in pair]
    for place, arm in places:
        if arm in became:
            raise UserError(
                f"{where}, {place}: the lists of 'choose' make several arms of '{arm}'; name one of "
                f"{', '.join(became[arm])}"
            )
    return arms


def _listed(settings: Json, became: dict[str, list[str]]) -> Json:
    """Return the settings with all that an arm became in the lists that name it."""

    def told(arms: Any) -> Any:
        if isinstance(arms, dict):
            return {new: count for arm, count in arms.items() for new in became.get(arm, [arm])}
        return [new for arm in arms for new in became.get(arm, [arm])]

    result = dict(settings)
    for key in ("model_cards", "shown"):
        if key in settings:
            result[key] = told(settings[key])
    if "evaluations" in settings:
        result["evaluations"] = {name: told(arms) for name, arms in settings["evaluations"].items()}
    if "scales" in settings:
        result["scales"] = {
            scale: {**said, "arms": told(said["arms"])} if "arms" in said else said
            for scale, said in settings["scales"].items()
        }
    return result
