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
    """Return the names of the figures, and first tables, of a study's evaluations; ``report``: its report settings."""
    return [file_name(one["name"]) for one in report.get("evaluations", [])]


def quality_name(evaluation: str) -> str:
    """Return the name of the table of the other metrics, where an evaluation counts by group."""
    return f"{file_name(evaluation)}-quality"


def finer_name(evaluation: str) -> str:
    """Return the name of the table of finer groups, where an evaluation has two labels."""
    return f"{file_name(evaluation)}-groups"


def examples_name(evaluation: str) -> str:
    """Return the name of the table of answers side by side, where an evaluation counts by group."""
    return f"{file_name(evaluation)}-examples"


def table_names(report: Json) -> list[str]:
    """Return the names of the tables of a study's evaluations, one or four each, and those of judges."""
    names = []
    for one in report.get("evaluations", []):
        names.append(file_name(one["name"]))
        if one.get("by"):
            names += [name(one["name"]) for name in (quality_name, finer_name, examples_name)]
    return [*names, *(name for one in report.get("judged", []) for name in judge_names(one))]


def judge_names(evaluation: str) -> tuple[str, str]:
    """Return the names of the tables of an evaluation's judge: beside a rule, and its audit."""
    return f"judge-{evaluation}", f"judge-audit-{evaluation}"
