"""The names of the tables and figures of a study's evaluations by lm-evaluation-harness, and the keys of their numbers.

Reads and writes nothing. It stands apart from the drawing, as other evaluations' names do (`report.evaluation_names`).
"""

from __future__ import annotations

from kotune.core.storage import Json

METRICS, TUNING, PROTOCOLS, LEAKS = "metrics", "tuning", "protocols", "leaks"  # tables beside the first
PARTS = (METRICS, TUNING, PROTOCOLS, LEAKS)
FLOOR_TITLES = {"majority": "majority class", "fewest_tokens": "fewest tokens", "untrained": "untrained twin"}


def file_name(evaluation: str) -> str:
    """Return the name of an evaluation's first table, and of its figure."""
    return f"harness-{evaluation}"


def table_names(evaluation: str) -> list[str]:
    """Return the names of the tables of one evaluation."""
    return [file_name(evaluation), *(f"{file_name(evaluation)}-{part}" for part in PARTS)]


def figure_names(evaluation: str) -> list[str]:
    """Return the names of the figures of one evaluation."""
    return [file_name(evaluation)]


def all_tables(report: Json) -> list[str]:
    """Return the names of the tables of all of a study's evaluations by the harness; ``report``: its settings."""
    return [name for one in report.get("harness", []) for name in table_names(one["evaluation"])]


def all_figures(report: Json) -> list[str]:
    """Return the names of the figures of all of a study's evaluations by the harness; ``report``: its settings."""
    return [name for one in report.get("harness", []) for name in figure_names(one["evaluation"])]


def start_of(study: str, evaluation: str) -> str:
    """Return how the keys of an evaluation's numbers begin."""
    return f"{study}.harness.{evaluation}"


def row_name(row: Json) -> str:
    """Return the name of a row, of protocol, shots and template; without a protocol of shots and template."""
    protocol = f"{row['protocol']}-" if "protocol" in row else ""
    return f"{protocol}{row['shots']}shot-{row['template']}"


def row_title(row: Json) -> str:
    """Return how a row is called in print."""
    protocol = f"{row['protocol']}, " if "protocol" in row else ""
    shots = "1 shot" if row["shots"] == 1 else f"{row['shots']} shots"
    template = "no template" if row["template"] == "none" else f"template {row['template']}"
    return f"{protocol}{shots}, {template}"


def task_title(task: str) -> str:
    """Return how a task is called in a table whose title names the benchmark."""
    return task.removeprefix("kobest_")


def mean_key(start: str, arm: str, model: str, row: str, task: str, metric: str) -> str:
    """Return the key of a number; its standard error has ``.stderr`` behind it, the share of ties ``.ties``."""
    return f"{start}.{arm}.{model}.{row}.{task}.{metric}"


def pair_key(start: str, claim: str, arm: str, model: str, row: str, task: str, floor: str | None = None) -> str:
    """Return the key of a difference of accuracies; its p values have ``.p`` and ``.p_holm`` behind it.

    ``claim``: tuning (an arm less its base), floors (less the floor), protocols (clean less published).
    """
    return f"{start}.{claim}.{arm}.{model}.{row}.{task}" + (f".{floor}" if floor else "")
