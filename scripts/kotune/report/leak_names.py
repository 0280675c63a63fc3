"""The name of the table and of the figure of a study's audit of leaks, and of the tables of its splits.

Reads and writes nothing. It stands apart from the drawing, as evaluations' names do (`report.evaluation_names`).
"""

from __future__ import annotations

from kotune.core.storage import Json

NAME, COPIES, PERPLEXITY = "leaks", "copies", "perplexity"


def names(report: Json) -> list[str]:
    """Return the name of the table and the figure, nothing where a study asks for no audit."""
    return [NAME] if report.get(NAME) else []


def of_splits(report: Json) -> list[str]:
    """Return the names of the tables of ways to split the rows and of held-out answers, as far as a study asks."""
    return [name for name in (COPIES, PERPLEXITY) if report.get(name)]
