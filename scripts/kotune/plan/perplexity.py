"""What the measuring of held-out answers' perplexity is asked (`perplexity` of a study), and which files it reads.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.errors import UserError
from kotune.core.names import OWN, TRAIN
from kotune.core.storage import Json
from kotune.plan import harness, paths
from kotune.plan.paths import Plan, Wildcards, answers_file, prompt_folder, rows
from kotune.report.leak_names import PERPLEXITY
from kotune.study.evaluations import asked_with
from kotune.study.study import Study


class _Own(dict):
    """A job's wildcards, of the study's own rows."""

    def __getattr__(self, name: str) -> str:
        return self[name]


def _own(wildcards: Wildcards) -> _Own:
    return _Own(study=wildcards.study, model=wildcards.model, evaluation=OWN)


def pattern(plan: Plan) -> str:
    """Return the pattern of the wildcard `measured`: the models of studies that ask for it."""
    return paths.one_of(model for study in plan.every if PERPLEXITY in study.settings for model in study.models)


def prompts(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the prompts of all held-out splits; the arms' are the same."""
    study = plan.study(wildcards)
    folder = prompt_folder(plan, study.name, wildcards.model, next(iter(study.arms)))
    return [f"{folder}/{split}.parquet" for split in study.evaluated]


def adapters(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of the adapters of a model's arms, once each."""
    return harness.adapters(plan, _own(wildcards))


def settings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what scoring with a model is asked: its arms and seeds."""
    return {**harness.scoring(plan, _own(wildcards)), "untrained": []}


def lines(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return what was measured with each model."""
    return [plan.under(wildcards.study, f"perplexity/{model}.jsonl") for model in plan.study(wildcards).models]


def row_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows of all held-out splits."""
    return rows(plan, wildcards.study, plan.study(wildcards).evaluated)


def train_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows of train, whose answers an arm may recite."""
    return rows(plan, wildcards.study, [TRAIN])


def answers(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the answers of all arms."""
    return [answers_file(plan, wildcards.study, one) for one in plan.study(wildcards).treatments()]


def told(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the table is made by: the intervals' seed, what one unit's rows share, whose the answers are."""
    study = plan.study(wildcards)
    whose = [dict(zip(("model", "arm", "seed"), one, strict=True)) for one in study.treatments()]
    seed = study.settings["statistics"]["seed"]
    return {"seed": seed, "unit": study.task.unit, "gold": study.task.gold, "answered": whose}


def check(study: Study) -> None:
    """Raise UserError for a study whose arms are asked by several prompts, or which tunes the model that it selects."""
    if PERPLEXITY not in study.settings:
        return
    where = f"config/studies/{study.name}.yaml, {PERPLEXITY}"
    asked = list(dict.fromkeys(asked_with(arm) for arm in study.arms.values()))
    if len(asked) > 1:
        raise UserError(f"{where}: its arms are asked by {', '.join(asked)}; the golds must stand behind one prompt")
    if "selection" in study.settings or study.shared_arms:
        raise UserError(f"{where}: it is measured with a study's own candidates alone; leave it out")
