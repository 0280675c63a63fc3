"""The names of the tables of rows that are samples, and of the tables and figure of trainings that learn preferences.

Reads and writes nothing. They stand apart from the drawing, as evaluations' names do (`report.evaluation_names`).
"""

from __future__ import annotations

from kotune.core.storage import Json

SAMPLED = "sampled-rows"
PREFERENCES = "preferences"
FLOORS = "preference-floors"  # what the pairs themselves can show
REWARDS = "rewards"  # in a report's settings: the arms that learn from what their own answers earn


def table_names(report: Json) -> list[str]:
    """Return the names of the tables, nothing where a study learns no samples and no preferences."""
    return [name for name in (SAMPLED, PREFERENCES) if report.get(name)] + [FLOORS] * bool(report.get(PREFERENCES))


def figure_names(report: Json) -> list[str]:
    """Return the name of the figure, nothing where a study learns no preferences."""
    return [PREFERENCES] if report.get(PREFERENCES) else []
