"""The name of the table and of the figure of a study's audit of leaks.

Reads and writes nothing. It stands apart from the drawing, as evaluations' names do (`report.evaluation_names`).
"""

from __future__ import annotations

from kotune.core.storage import Json

NAME = "leaks"


def names(report: Json) -> list[str]:
    """Return the name of the table and the figure, nothing where a study asks for no audit."""
    return [NAME] if report.get(NAME) else []
