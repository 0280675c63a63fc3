"""The names of the tables and figures of a study's evaluations.

Reads and writes nothing. What tables and figures there are is asked by scripts that draw none of these: were the names
beside the drawing, another style of figures would make the tables anew.
"""

from __future__ import annotations

from kotune.core.storage import Json


def file_name(evaluation: str) -> str:
    """Return the name of an evaluation's table, and of its figure."""
    return f"evaluation-{evaluation}"


def file_names(report: Json) -> list[str]:
    """Return the names of the tables, and of the figures, of a study's evaluations; ``report``: its report settings."""
    return [file_name(one["name"]) for one in report.get("evaluations", [])]
