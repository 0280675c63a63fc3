"""What listing a benchmark's items is asked, and where they lie: rows of a study that learns what a benchmark asks.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import TEST, TRAIN, VALID
from kotune.core.storage import Json
from kotune.plan.paths import Plan, Wildcards, one_of

SPLITS = (TRAIN, VALID, TEST)


def files(plan: Plan, study: str, evaluation: str) -> dict[str, str]:
    """Return split → file of the items of a harness evaluation that a study asks."""
    return {split: plan.under_owner(study, f"harness/{evaluation}/items/{split}.jsonl") for split in SPLITS}


def pattern(plan: Plan) -> str:
    """Return the pattern of the wildcard `harness`: the names of the harness evaluations that studies ask."""
    return one_of(name for study in plan.every for name in study.harness)


def audit(plan: Plan, wildcards: Wildcards) -> str:
    """Return the file that is written last of a harness evaluation's data."""
    return plan.under(wildcards.study, f"harness/{wildcards.harness}/data/audit.json")


def tasks(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the tasks whose items are listed."""
    return plan.study(wildcards).harness[wildcards.harness].tasks


def most(plan: Plan, wildcards: Wildcards) -> Json:
    """Return how many items of a task each split has at the most."""
    return plan.config["datasets"][plan.study(wildcards).source["dataset"]].get("items", {})


def include(plan: Plan, wildcards: Wildcards) -> str:
    """Return the option that names a folder of further task files, or nothing."""
    folder = plan.study(wildcards).harness[wildcards.harness].include
    return f"--include {plan.beside(folder)}" if folder else ""
