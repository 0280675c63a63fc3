"""What the making of rows from an arm's samples is asked, and which files it reads.

Such a rowset differs from model to model and seed to seed: its rows lie in rows/{rowset}/{model}/{arm}/seed{n}/ and its
prompts in prompts/{model}/{rowset}/{arm}/seed{n}/{prompt}/, {arm} being the arm whose samples they are.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.plan import paths
from kotune.plan.paths import Plan, Wildcards
from kotune.study.evaluations import Evaluation


def pattern(plan: Plan) -> str:
    """Return the pattern of the wildcard `sampled`: the names of the rowsets that are made of samples."""
    return paths.one_of(name for study in plan.every for name in study.sampled)


def _asked(plan: Plan, wildcards: Wildcards) -> Evaluation:
    study = plan.study(wildcards)
    return study.evaluations[study.sampled[wildcards.sampled]["evaluation"]]


def rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows that were answered."""
    asked = _asked(plan, wildcards)
    return paths.rows(plan, wildcards.study, asked.answered, asked.name)


def _treatment(wildcards: Wildcards) -> paths.Treatment:
    return wildcards.model, wildcards.arm, int(wildcards.seed)


def answers(plan: Plan, wildcards: Wildcards) -> str:
    """Return the samples."""
    return paths.answers_file(plan, wildcards.study, _treatment(wildcards), _asked(plan, wildcards).name)


def scores(plan: Plan, wildcards: Wildcards) -> str:
    """Return the samples' scores."""
    return paths.scores_file(plan, wildcards.study, _treatment(wildcards), _asked(plan, wildcards).name)


def held(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the study's own rows that are evaluated: what stands in them must not be learned."""
    return paths.rows(plan, wildcards.study, plan.study(wildcards).evaluated)


def settings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return which samples are kept."""
    asked, given = _asked(plan, wildcards), plan.study(wildcards).sampled[wildcards.sampled]
    lowest = {"at_least": given["at_least"]} if "at_least" in given else {}
    pairs = {"pairs": given["pairs"], "seed": int(wildcards.seed)} if "pairs" in given else {}
    return {"gold": asked.task.gold, "metric": given.get("metric", asked.primary_metric), **lowest, **pairs}
