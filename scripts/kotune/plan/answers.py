"""What answering and combining answers are asked, and which files they read.

Reads config/prompts/ and config/families.yaml; writes nothing.
"""

from __future__ import annotations

from kotune.core.names import OWN, SELECTED, SUBMISSION, VALID
from kotune.core.storage import Json
from kotune.plan import models
from kotune.plan.paths import Plan, Treatment, Wildcards, answers_file, prompt_folder, rows
from kotune.rows.bundles import parted
from kotune.rows.task import read_columns
from kotune.scoring.ensembles import UPPER_BOUNDS
from kotune.study import wording
from kotune.study.study import Study


def all_treatments(study: Study) -> list[Treatment]:
    """Return (model, arm, seed) of everything that is scored, ensembles included."""
    return study.treatments() + study.ensemble_treatments()


def prompts(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the prompts that an arm answers in an evaluation, one file a split."""
    folder = prompt_folder(plan, wildcards.study, wildcards.model, wildcards.arm, wildcards.evaluation, wildcards.seed)
    return [f"{folder}/{split}.parquet" for split in plan.evaluation(wildcards).answered]


def answered_rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows that are answered: those that are scored, and a submission's."""
    asked = plan.evaluation(wildcards)
    return rows(plan, wildcards.study, asked.answered, asked.name)


def quantization(plan: Plan, wildcards: Wildcards) -> Json | None:
    """Return in what precision a model answers: that in which the arm is tuned."""
    return plan.arm(wildcards)["recipe"]["quantization"]


def generation_for(study: Study, model: Json, prompt: str, evaluation: str = OWN) -> Json:
    """Return how a model's answers to an evaluation are generated, what ends one and what cuts one."""
    ending = wording.ending_of(study, prompt, model["family"], evaluation)
    return {**wording.generation_at(study, evaluation), **ending}


def generation(plan: Plan, wildcards: Wildcards) -> Json | None:
    """Return how the answers of a job are generated; None of `selected`, whose job takes it from a file."""
    if wildcards.model == SELECTED:
        return None
    study, asked = plan.study(wildcards), plan.evaluation(wildcards)
    return generation_for(study, study.models[wildcards.model], asked.prompt_of(plan.arm(wildcards)), asked.name)


def generation_part(plan: Plan, wildcards: Wildcards) -> str:
    """Return the name of the part of the selected model's settings that says how its answers are generated."""
    asked = plan.evaluation(wildcards)
    return models.of_prompt(models.GENERATION, asked.prompt_of(plan.arm(wildcards)), asked.name)


def selected_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files that a job of answering takes its settings from, where its model is `selected`."""
    if wildcards.model != SELECTED:
        return []
    parts = (models.MODEL, generation_part(plan, wildcards))
    return [models.selected_file(plan, wildcards, part) for part in parts]


def ensemble(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what an ensemble is asked."""
    study = plan.study(wildcards)
    return {
        "method": wildcards.method,
        "members": study.ensemble_members(),
        "favourite": study.names[study.settings["ensembles"]["favourite"]],
        "seed": int(wildcards.seed),
        "train_split": VALID,
        "columns": read_columns(study.task),
        "overlong": study.overlong,
        # an upper bound looks at gold answers, which a submission has none of
        **(plan.evaluation(wildcards).skipped if wildcards.method in UPPER_BOUNDS else {}),
    }


def members(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the answers that an ensemble is made from, in member order."""
    study = plan.study(wildcards)
    arm, seed = study.settings["ensembles"]["arm"], int(wildcards.seed)
    return [
        answers_file(plan, study.name, (member, arm, seed), wildcards.evaluation) for member in study.ensemble_members()
    ]


def submission_names(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return whose answers a submission may be written from: an ensemble's, or those of an arm's models."""
    return plan.arm(wildcards)["models"] if wildcards.model == SELECTED else [wildcards.model]


def submission_answers(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the answers that a submission may be written from, in the order of their names."""
    arm, seed = wildcards.arm, int(wildcards.seed)
    return [answers_file(plan, wildcards.study, (name, arm, seed)) for name in submission_names(plan, wildcards)]


def submission_rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows without gold answers that a submission answers."""
    return rows(plan, wildcards.study, [SUBMISSION])


def submission_sample(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the file that holds the sample of a submission; nothing where none came with the rows."""
    sample = plan.study(wildcards).sample
    return [parted(sample)[0]] if sample else []


def submission(plan: Plan, wildcards: Wildcards) -> Json:
    """Return whose answers they are, in the order of the files, and what the rows' columns are called outside."""
    study = plan.study(wildcards)
    theirs, gold = study.source.get("columns", {}), study.task.gold
    return {
        "model": wildcards.model,
        "arm": wildcards.arm,
        "candidates": submission_names(plan, wildcards),
        "columns": {"id": theirs.get("id", "id"), "answer": theirs.get(gold, gold)},
    }
