"""The names of the tables of a study's questions on social groups, and the keys of their numbers.

Reads and writes nothing. It stands apart from the tables, as other evaluations' names do (`report.evaluation_names`).
"""

from __future__ import annotations

from kotune.core.storage import Json

TUNING, ORDERS = "tuning", "orders"  # tables beside the first


def file_name(evaluation: str) -> str:
    """Return the name of an evaluation's first table."""
    return f"bias-{evaluation}"


def table_names(evaluation: str) -> list[str]:
    """Return the names of the tables of one evaluation."""
    return [file_name(evaluation), *(f"{file_name(evaluation)}-{part}" for part in (TUNING, ORDERS))]


def all_tables(report: Json) -> list[str]:
    """Return the names of the tables of all of a study's such evaluations; ``report``: its settings."""
    return [name for one in report.get("bias", []) for name in table_names(one["evaluation"])]


def start_of(study: str, evaluation: str) -> str:
    """Return how the keys of an evaluation's numbers begin."""
    return f"{study}.bias.{evaluation}"


def mean_key(start: str, arm: str, model: str, way: str, metric: str) -> str:
    """Return the key of a number of an arm, or of a floor."""
    return f"{start}.{arm}.{model}.{way}.{metric}"


def pair_key(start: str, arm: str, model: str, way: str, metric: str) -> str:
    """Return the key of an arm's difference to its base; its p values have ``.p`` and ``.p_holm`` behind it."""
    return f"{start}.{TUNING}.{arm}.{model}.{way}.{metric}"


def order_key(start: str, arm: str, model: str, way: str, order: str) -> str:
    """Return the key of the accuracy in ambiguous contexts with the choices in one order."""
    return f"{start}.{ORDERS}.{arm}.{model}.{way}.{order}"
