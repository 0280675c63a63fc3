"""The names of the table of rows that are samples, and of tables and figures of trainings by preferences and rewards.

Reads and writes nothing. They stand apart from the drawing, as evaluations' names do (`report.evaluation_names`).
"""

from __future__ import annotations

from kotune.core.storage import Json

SAMPLED = "sampled-rows"
PREFERENCES = "preferences"
FLOORS = "preference-floors"  # what the pairs themselves can show
REWARDS = "rewards"  # in a report's settings: the arms that learn from what their own answers earn


def table_names(report: Json) -> list[str]:
    """Return the names of the tables, nothing where a study has no such arms."""
    found = [name for name in (SAMPLED, PREFERENCES) if report.get(name)] + [FLOORS] * bool(report.get(PREFERENCES))
    return found + [REWARDS] * bool(report.get(REWARDS))


def figure_names(report: Json) -> list[str]:
    """Return the names of the figures, nothing where a study learns by neither preferences nor rewards."""
    return [name for name in (PREFERENCES, REWARDS) if report.get(name)]
