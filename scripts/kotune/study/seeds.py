"""Which seeds each arm of a study has.

Reads and writes nothing. An arm that is not tuned has one run, under the first seed; an arm that starts from another's
adapter, answers with it or learns its samples has no more seeds than that one.
"""

from __future__ import annotations

from kotune.core.errors import UserError
from kotune.core.names import BASE
from kotune.core.storage import Json

SEEDS = (42,)  # of a study that says none


def untuned(arm: str, given: Json) -> bool:
    """Return whether an arm answers without an adapter: the base, or the base asked otherwise."""
    return arm == BASE or given.get("adapter") == BASE


def seeds_of_study(config: Json, settings: Json) -> list[int]:
    """Return the seeds of a study at its scale; those of the configuration win, which is null unless somebody asks."""
    return list(config["seeds"] or settings.get("seeds", SEEDS))


def seeds_of_arms(where: str, settings: Json, seeds: list[int]) -> dict[str, list[int]]:
    """Return each arm's seeds: the first so many of the study's, as its `seeds` says, else all.

    ``where``: the study's file. Raises UserError for seeds of an arm that is not tuned.
    """
    for arm, given in settings["arms"].items():
        if untuned(arm, given) and "seeds" in given:
            raise UserError(f"{where}, arm '{arm}', key 'seeds': it is not tuned, so it has one run; take `seeds` away")
    return {arm: seeds[: _count(arm, settings, len(seeds), ())] for arm in settings["arms"]}


def _count(arm: str, settings: Json, most: int, passed: tuple[str, ...]) -> int:
    """Return how many seeds an arm has; ``passed``: arms that ask, so that arms in a ring end."""
    given = settings["arms"][arm]
    if untuned(arm, given):
        return 1
    samples = settings["rowsets"].get(given["rowset"], {}).get("from", {}).get("arm")
    sources = [given.get("from"), given.get("adapter"), samples]
    needed = [one for one in sources if one and one not in passed and not untuned(one, settings["arms"][one])]
    return min([most, given.get("seeds", most), *(_count(one, settings, most, (*passed, arm)) for one in needed)])
