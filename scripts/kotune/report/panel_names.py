"""The names of a panel's tables, and the keys of its numbers. Reads and writes nothing."""

from __future__ import annotations

from kotune.core.storage import Json

KEY = "panel"  # of a study's report settings, and the name of its first table
COMPARED = "panel-compared"
NAMES = (KEY, COMPARED)


def table_names(report: Json) -> list[str]:
    """Return the names of the tables of a study's panel; none where it has none. ``report``: its settings."""
    return [*NAMES] if report.get(KEY) else []


def _plain(name: str) -> str:
    return name.replace(" ", "_")


def mean_key(study: str, model: str, split: str, kind: str, name: str, metric: str) -> str:
    """Return the key of a contender's number."""
    return f"{study}.panel.{model}.{split}.{kind}.{_plain(name)}.{metric}"


def pair_key(study: str, model: str, split: str, line: Json) -> str:
    """Return the key of a difference; its p values have ``.p`` and ``.p_holm`` behind it."""
    a, b = (f"{line[side]['model']}.{_plain(line[side]['arm'])}" for side in "ab")
    return f"{study}.panel.{model}.{split}.{b}.minus.{a}.{line['metric']}"


def listed_key(study: str, model: str, split: str) -> str:
    """Return the key of how many own choices are word for word one of the answers that were listed."""
    return f"{study}.panel.{model}.{split}.listed"
