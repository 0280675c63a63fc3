"""What judging answers is asked, and which files it reads. Looks which keys are in the environment; writes nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from kotune.core.names import OWN
from kotune.core.storage import Json
from kotune.plan.paths import Plan, Treatment, Wildcards, answers_file, one_of, rows
from kotune.printing.table_files import WRITERS
from kotune.report.evaluation_names import judge_names
from kotune.report.settings import DIGITS
from kotune.scoring.judges.rules import RULES
from kotune.study.evaluations import Evaluation
from kotune.study.study import Study

RULE = "judge_answers"


def judged(study: Study) -> list[Evaluation]:
    """Return the evaluations of a study that name a judge."""
    return [one for one in study.evaluations.values() if one.judge]


def pattern(plan: Plan) -> str:
    """Return the pattern of the wildcard `evaluation`: the evaluations that name a judge."""
    return one_of(one.name for study in plan.every for one in judged(study))


def _dotted(judge: Json) -> Json:
    """Return a judge whose rules are dotted names."""
    return {key: RULES[value] if key in ("rule", "beside") else value for key, value in judge.items()}


def answers(plan: Plan, wildcards: Wildcards) -> str:
    """Return the answers that a job judges."""
    one = wildcards.model, wildcards.arm, int(wildcards.seed)
    return answers_file(plan, wildcards.study, one, wildcards.evaluation)


def settings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what a job that judges is asked."""
    asked = plan.evaluation(wildcards)
    return {"judge": _dotted(asked.judge), "columns": list(asked.task.names), "gold": asked.task.gold}


def modules(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the dotted names of the rules that a job loads."""
    judge = _dotted(plan.evaluation(wildcards).judge)
    return [judge[key] for key in ("rule", "beside") if key in judge]


def treatments(plan: Plan, wildcards: Wildcards) -> list[Treatment]:
    """Return (model, arm, seed) of what is judged: all models under an arm that is asked; no ensembles."""
    study = plan.study(wildcards)
    return study.treatments() if wildcards.evaluation == OWN else study.asked(wildcards.evaluation)


def files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the verdicts that a table shows."""
    return [
        plan.under(wildcards.study, f"verdicts/{wildcards.evaluation}/{model}/{arm}/seed{seed}.jsonl")
        for model, arm, seed in treatments(plan, wildcards)
    ]


def judged_answers(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the answers that they are of, in the same order."""
    return [answers_file(plan, wildcards.study, one, wildcards.evaluation) for one in treatments(plan, wildcards)]


def rows_of(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows that were answered."""
    return rows(plan, wildcards.study, plan.evaluation(wildcards).splits, wildcards.evaluation)


def tabulating(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the tables of a judge are made by."""
    study, asked = plan.study(wildcards), plan.evaluation(wildcards)
    said = {key: asked.judge[key] for key in ("name", "title", "beside", "audit")}
    model = {"model": asked.judge["endpoint"]["model"]} if "endpoint" in asked.judge else {}
    return {
        "study": study.name,
        "evaluation": asked.name,
        "title": asked.title,
        "judge": {**said, **model},
        "labels": [{"model": a, "arm": b, "seed": c} for a, b, c in treatments(plan, wildcards)],
        "untuned": [arm for arm in study.arms if study.untuned(arm)],
        "statistics": {key: study.settings["statistics"][key] for key in ("seed", "resamples")},
        "digits": DIGITS,
    }


def targets(plan: Plan) -> list[str]:
    """Return the tables of the judges that studies ask, which no other job makes."""
    return [
        plan.under(study.name, f"tables/{name}.{ending}")
        for study in plan.studies.values()
        for one in judged(study)
        for name in judge_names(one.name)
        for ending in WRITERS  # each: report.html fails on one that no target asks for
    ]


def begin(plan: Plan, jobs: Iterable[Any]) -> None:
    """End a run before its first job where a judge's key is not in the environment; a dry run asks for none."""
    for job in jobs:
        if job.rule.name == RULE:
            judge = plan.named(job.wildcards.study).evaluations[job.wildcards.evaluation].judge or {}
            name = judge.get("endpoint", {}).get("key_from")
            if name and not os.environ.get(name, "").strip():
                sys.exit(
                    f"error: config/judges/{judge['name']}.yaml, endpoint.key_from: the environment variable {name} "
                    "is not set; set it to the key, or take key_from away"
                )
