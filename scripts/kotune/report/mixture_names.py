"""The names of the tables and of the figure of a study's mixture.

Reads and writes nothing. They stand apart from the drawing, as evaluations' names do (`report.evaluation_names`).
"""

from __future__ import annotations

from kotune.core.storage import Json

FIGURE = "mixture"
LEFT_OUT, SEEN = "mixture-left-out", "mixture-seen"
TABLES = (FIGURE, LEFT_OUT, SEEN)


def table_names(report: Json) -> list[str]:
    """Return the names of the tables, nothing where a study's rows are no mixture of its own."""
    return list(TABLES) if report.get(FIGURE) else []


def figure_names(report: Json) -> list[str]:
    """Return the name of the figure, nothing where a study's rows are no mixture of its own."""
    return [FIGURE] if report.get(FIGURE) else []
