"""The names of the tables and of the figure of a study that rates its rows.

Reads and writes nothing. They stand apart from the drawing, as evaluations' names do (`report.evaluation_names`).
"""

from __future__ import annotations

from kotune.core.storage import Json

FIGURE = "quality"
FILTER, RULES, TRUTH, AGREEMENT, CHOSEN = (
    "quality-filter",
    "quality-rules",
    "quality-truth",
    "quality-agreement",
    "quality-chosen",
)
TABLES = (FILTER, RULES, TRUTH, AGREEMENT, CHOSEN)


def table_names(report: Json) -> list[str]:
    """Return the names of the tables that have something to say; nothing where a study rates no rows."""
    return list(report.get(FIGURE) or [])


def figure_names(report: Json) -> list[str]:
    """Return the name of the figure, nothing where a study rates no rows."""
    return [FIGURE] if report.get(FIGURE) else []


def told(quality: Json, chosen: bool) -> list[str]:
    """Return which tables a study has that says this of quality; ``chosen``: whether it chooses rows."""
    has = {TRUTH: "truth" in quality, AGREEMENT: "ifd" in quality, CHOSEN: chosen}
    return [name for name in TABLES if has.get(name, True)]
