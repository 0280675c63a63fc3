"""What rehearsals are asked, and which files they read.

Reads config/cards.yaml, config/cost-model.yaml, config/families.yaml and config/scales/; looks which rehearsals are
there; writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.catalogue import named
from kotune.core.names import TRAIN
from kotune.core.storage import Json
from kotune.plan import prompts
from kotune.plan.paths import Plan, Wildcards
from kotune.printing.table_files import WRITERS
from kotune.rehearsal import settings as rehearsals
from kotune.study import wording
from kotune.study.study import Study


def settings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what a rehearsal is asked."""
    return rehearsals.settings_of(plan.study(wildcards), plan.config, wildcards.model, wildcards.arm)


def rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows whose lengths a rehearsal takes: those that the user brought; else it assumes the study's law."""
    if plan.study(wildcards).owner not in plan.config["data"]:
        return []
    splits = [TRAIN, *plan.study(wildcards).answered]
    folder = f"rows/{plan.arm(wildcards)['rowset']}"
    return [plan.under_owner(wildcards.study, f"{folder}/{split}.parquet") for split in splits]


def prompt(plan: Plan, wildcards: Wildcards) -> Json | None:
    """Return what the arm's prompt says to the model's family; None where no rows were brought."""
    if not rows(plan, wildcards):
        return None
    study = plan.study(wildcards)
    return prompts.prompt_for(study, plan.arm(wildcards)["prompt"], study.models[wildcards.model]["family"])


def family(plan: Plan, wildcards: Wildcards) -> Json | None:
    """Return the data of the model's family; None where no rows were brought."""
    study = plan.study(wildcards)
    found = study.models[wildcards.model]["family"]
    return wording.family_content(found, study.root) if rows(plan, wildcards) else None


def rows_options(plan: Plan, wildcards: Wildcards, folder: str) -> str:
    """Return the options that name the rows and how they are rendered, by the files in the job's folder of settings.

    Nothing where no rows were brought. ``folder`` holds the wildcards' names in braces.
    """
    found = rows(plan, wildcards)
    own = folder.format(study=wildcards.study, model=wildcards.model, arm=wildcards.arm)
    return f"--rows {' '.join(found)} --prompt {own}/prompt.json --family {own}/family.json" if found else ""


def files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return a study's rehearsals, one for each model of each arm."""
    return [
        plan.under_arm(wildcards.study, arm, f"rehearsal/{model}/{arm}.json")
        for arm, treatment in plan.study(wildcards).arms.items()
        for model in treatment["models"]
    ]


def seeds(plan: Plan, wildcards: Wildcards) -> list[int]:
    """Return how many seeds each of those has."""
    arms = plan.study(wildcards).arms.values()
    return [len(treatment["seeds"]) for treatment in arms for _ in treatment["models"]]


def of_trainings(plan: Plan, study: Study) -> dict[str, str]:
    """Return the rehearsals of a study's trainings that a scale which rehearses this one has left, by model and arm."""
    scales = (path.stem for path in sorted((plan.root / "config/scales").glob("*.yaml")))
    found: dict[str, str] = {}
    for scale in scales:
        if named("scales", scale, "scale", plan.root).get("rehearsal", {}).get("of") != plan.scale:
            continue
        for arm, treatment in study.arms.items():
            for model in [] if study.untuned(arm) else treatment["models"]:
                path = f"results/{scale}/{study.owner_of(arm)}/rehearsal/{model}/{arm}.json"
                if Path(path).is_file():
                    found.setdefault(f"{model}/{arm}", path)
    return found


def targets(plan: Plan) -> list[str]:
    """Return what `snakemake` without a target makes at a scale that rehearses: the table of each study."""
    return [plan.under(name, f"tables/rehearsal.{ending}") for name in plan.studies for ending in WRITERS]
