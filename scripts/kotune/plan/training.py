"""What a training is asked, and which files it reads.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import REDRAW, REWARDED, SELECTED, TRAIN
from kotune.core.storage import Json
from kotune.plan import models, rewards
from kotune.plan.paths import ADAPTER, Plan, Wildcards, adapter_folder, learned_folder, watched_folder
from kotune.study.mixtures import MIXTURE, redrawn
from kotune.training import engine
from kotune.training.method import modules_named


def prompts(plan: Plan, wildcards: Wildcards, split: str) -> str:
    """Return the prompts of a split that an arm learns from, or is watched on."""
    if split == TRAIN:
        treatment = (wildcards.model, wildcards.arm, int(wildcards.seed))
        if rewards.rewarded(plan.study(wildcards), wildcards.arm):
            return rewards.prompts(plan, wildcards.study, treatment)
        return f"{learned_folder(plan, wildcards.study, treatment)}/{split}.parquet"
    return f"{watched_folder(plan, wildcards.study, wildcards.model, wildcards.arm)}/{split}.parquet"


def rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows behind the prompts, where the method looks at them."""
    if not rewards.rewarded(plan.study(wildcards), wildcards.arm):
        return []
    return [rewards.rows(plan, wildcards.study, (wildcards.model, wildcards.arm, int(wildcards.seed)))]


def held(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows that such a method must not see, because they are evaluated."""
    if not rewards.rewarded(plan.study(wildcards), wildcards.arm):
        return []
    return rewards.held(plan, wildcards.study, wildcards.arm)


def recipe(plan: Plan, wildcards: Wildcards) -> Json:
    """Return the recipe of an arm, with what a job is told besides.

    Which parts of a mixture its training draws again in each epoch, and what answers earn that it draws itself.
    """
    study = plan.study(wildcards)
    given, source = study.arms[wildcards.arm]["recipe"], study.source
    again = redrawn(source[MIXTURE]) if MIXTURE in source else {}
    more = {REDRAW: again} if again else {}
    if rewards.rewarded(study, wildcards.arm):
        more[REWARDED] = rewards.told(study, wildcards.arm)
    return {**given, **more}


def modules(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the modules of the method and of the engine by which an arm is trained."""
    asked = recipe(plan, wildcards)
    return [*modules_named(asked), *engine.modules_named(asked)]


def start(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the folder of the adapter that an arm's training starts from; nothing where it makes a new one."""
    arm = plan.arm(wildcards).get("from")
    return [adapter_folder(plan, wildcards.study, (wildcards.model, arm, int(wildcards.seed)))] if arm else []


def start_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of that adapter."""
    return [f"{folder}/{name}" for folder in start(plan, wildcards) for name in ADAPTER]


def selected_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the file that a training takes its model's settings from, where that is `selected`."""
    return [models.selected_file(plan, wildcards, models.MODEL)] if wildcards.model == SELECTED else []


def cards(plan: Plan, wildcards: Wildcards) -> int:
    """Return how many GPUs train one adapter together; where jobs have none, none."""
    return plan.study(wildcards).lens["resources"]["gpu"] * plan.arm(wildcards)["cards"]


def tracking_mode(plan: Plan, wildcards: Wildcards) -> str:
    """Return where a training's curve is mirrored: disabled, offline or online."""
    return plan.study(wildcards).tracking
