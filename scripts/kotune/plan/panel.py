"""What jobs of arms that choose among answers, and of a study's panel, are asked, and which files they read.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import VALID
from kotune.core.storage import Json
from kotune.plan.paths import Plan, Wildcards, answers_file, one_of, rows
from kotune.report.settings import DIGITS
from kotune.rows.task import read_columns
from kotune.study.panel import CHOOSES, panel_at


def pattern(plan: Plan, what: str) -> str:
    """Return the pattern of a wildcard of the rows that list answers: `arm`, those that choose, or their `rowset`."""
    found = [(arm, given["rowset"]) for study in plan.every for arm, given in study.arms.items() if CHOOSES in given]
    return one_of(arm if what == "arm" else rowset for arm, rowset in found)


def listed_rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows beside which answers are listed."""
    return rows(plan, wildcards.study, plan.study(wildcards).answered)


def listed_answers(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the answers that are listed, in the order of their arms."""
    model, seed = wildcards.model, int(wildcards.seed)
    return [answers_file(plan, wildcards.study, (model, arm, seed)) for arm in plan.arm(wildcards)[CHOOSES]]


def _panel(plan: Plan, wildcards: Wildcards) -> Json:
    study = plan.study(wildcards)
    return panel_at(study.settings, study.arms, study.names)


def tabulating(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the panel's tables are made by, and where its answers lie."""
    study, panel = plan.study(wildcards), _panel(plan, wildcards)

    def file(model: str, arm: str, seed: int) -> str:
        return answers_file(plan, study.name, (model, arm, seed))

    of_models = [
        {
            "model": model,
            "seeds": [
                {
                    "seed": seed,
                    "prompts": [file(model, arm, seed) for arm in panel["answers"]],
                    "choice": file(model, panel["arm"], seed),
                    "models": [file(one, panel["answers"][0], seed) for one in panel["beside"]],
                }
                for seed in panel["seeds"]
            ],
        }
        for model in panel["models"]
    ]
    return {
        "study": study.name,
        **{key: panel[key] for key in ("arm", "answers", "beside")},
        "of_models": of_models,
        "columns": read_columns(study.task),
        "overlong": study.overlong,
        "statistics": {key: study.settings["statistics"][key] for key in ("seed", "resamples")},
        "digits": DIGITS,
    }


def reported_rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows that are counted: those that the report is about."""
    study = plan.study(wildcards)
    return rows(plan, study.name, [split for split in study.evaluated if split != VALID])


def answers(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return all answers that the tables read."""
    seeds = [seed for one in tabulating(plan, wildcards)["of_models"] for seed in one["seeds"]]
    return list(dict.fromkeys(path for one in seeds for path in [*one["prompts"], one["choice"], *one["models"]]))
