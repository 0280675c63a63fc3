"""The columns of a data set as its card on the hub describes them, beside those that the catalogue reads.

Takes a card's fields; reads and writes nothing. Cards list columns under dataset_info; not every one does.
"""

from __future__ import annotations

from typing import Any

from kotune.core.errors import nearest
from kotune.core.storage import Json

NESTED = ("struct", "sequence", "list")  # keys of a column's description that hold another one


def features_of(card: Json, subset: str | None) -> list[Json] | None:
    """Return the columns of a data set's subset as its card lists them; None where it does not."""
    about = card.get("dataset_info")
    listed = about if isinstance(about, list) else [about] if isinstance(about, dict) else []
    ones = [one for one in listed if isinstance(one, dict) and isinstance(one.get("features"), list)]
    if subset is not None and len(ones) > 1:
        ones = [one for one in ones if one.get("config_name") == subset]
    return ones[0]["features"] if len(ones) == 1 else None


def _fields(feature: Any) -> dict[str, Any] | None:
    """Return the named fields within a column, through its lists; None where it is described otherwise."""
    if isinstance(feature, list):
        return {one["name"]: one for one in feature if isinstance(one, dict) and "name" in one}
    if isinstance(feature, dict):
        for key in NESTED:
            if key in feature and not isinstance(feature[key], str):
                return _fields(feature[key])
    return None


def missing_columns(entry: Json, card: Json) -> list[tuple[str, str]] | None:
    """Return (place, hint) of each place of the catalogue entry that the card's columns lack; None: it lists none.

    A place is a column, or a path such as ``answers.text`` into a nested one.
    """
    features = features_of(card, entry.get("subset"))
    if features is None:
        return None
    missing = []
    for place in dict.fromkeys([*entry["columns"].values(), *entry.get("only", {})]):
        known = _fields(features) or {}
        for name in [place] if place in known else place.split("."):
            if name not in known:
                missing.append((place, nearest(name, known)))
                break
            inner = _fields(known[name])
            if inner is None:
                break
            known = inner
    return missing
