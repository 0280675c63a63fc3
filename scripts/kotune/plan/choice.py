"""What the choice of a model is asked, and which files it reads: census, embedders, selection, the model selected.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.choice import facts
from kotune.core.names import BASE, OWN, SUBMISSION, VALID
from kotune.core.storage import Json
from kotune.plan import answers, models, prompts
from kotune.plan.paths import Plan, Wildcards, adapter_folder, answers_file, prompt_folder, rows
from kotune.plan.scores import CANDIDATES, STATISTICS, embedder_of
from kotune.study import wording


def census_splits(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the splits whose rows are counted."""
    return [split for split in plan.study(wildcards).splits if split != SUBMISSION]


def census_rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows that are counted."""
    return rows(plan, wildcards.study, census_splits(plan, wildcards))


def census_prompts(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the prompts of each candidate that are counted: those that it answers before it is tuned."""
    return [
        f"{prompt_folder(plan, wildcards.study, model, BASE)}/{split}.parquet"
        for model in plan.study(wildcards).models
        for split in census_splits(plan, wildcards)
    ]


def census_tokenizers(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files that the candidates' tokenizers depend on."""
    return [models.tokenizer_file(plan, model) for model in plan.study(wildcards).models.values()]


def census_models(plan: Plan, wildcards: Wildcards) -> list[Json]:
    """Return each candidate with its window, its tokenizer's folder and the prompts that it answers."""
    return [
        {
            "name": name,
            "path": plan.beside(model["path"]),
            "context_window": model["context_window"],
            "prompts": prompt_folder(plan, wildcards.study, name, BASE),
        }
        for name, model in plan.study(wildcards).models.items()
    ]


def census(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the census is asked."""
    study = plan.study(wildcards)
    texts = study.task.texts(study.reasoning)
    return {**study.settings["census"], "reserve": wording.new_tokens(study), "text_columns": texts}


def candidates_answers(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the answers that the selection ranks."""
    study = plan.study(wildcards)
    return [answers_file(plan, study.name, one) for one in study.candidates_treatments()]


def embedders_answers(plan: Plan, wildcards: Wildcards) -> list[Json]:
    """Return each candidate with the file of its answers before tuning."""
    study = plan.study(wildcards)
    return [{"model": one[0], "path": answers_file(plan, study.name, one)} for one in study.candidates_treatments()]


def embedders(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the comparison of embedders is asked; the first embedder is the study's own."""
    study = plan.study(wildcards)
    return {
        "embedders": [embedder_of(plan, one) for one in study.embedders],
        "cache": f"{plan.results}/embeddings",
        "gold": study.task.gold,
        "overlong": study.overlong,
        **study.evaluations[OWN].skipped,
    }


def embedders_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files that the compared embedders depend on."""
    found = embedders(plan, wildcards)["embedders"]
    return [f"{one['path']}/snapshot.json" for one in found if "path" in one]


def statistics_file(plan: Plan, wildcards: Wildcards) -> str:
    """Return what a selection is made on: all statistics, or the candidates' alone where the winner is tuned then."""
    name = CANDIDATES if "selection" in plan.study(wildcards).settings else STATISTICS
    return plan.under(wildcards.study, f"{name}.json")


def census_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the census, where the study takes one."""
    return [plan.under(wildcards.study, "census.json")] if "census" in plan.study(wildcards).settings else []


def selection(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what a selection is asked."""
    study = plan.study(wildcards)
    ruled = {}
    if "selection" in study.settings:
        asked = {key: value for key, value in study.settings["selection"].items() if key != "arms"}
        ruled = {"rule": asked, "facts": facts.facts_of_candidates(study, plan.config)}
    return {
        "metric": study.settings["primary_metric"],
        "split": VALID,
        "arms": study.competing,
        "order": list(study.models),
        **ruled,
    }


def selected(plan: Plan, wildcards: Wildcards) -> Json:
    """Return a part of the settings for each candidate, by name: the part's file holds that of the model selected.

    The parts lie apart so that a changed prompt or ending trains nothing again by itself.
    """
    study = plan.study(wildcards)
    part, prompt, evaluation = models.asked_of(wildcards.part)
    of_part = {
        models.MODEL: lambda model: models.settings_of(plan, model),
        models.RENDERING: lambda model: prompts.rendering_for(plan, study, model, prompt, evaluation),
        models.GENERATION: lambda model: answers.generation_for(study, model, prompt, evaluation),
    }[part]
    return {name: of_part(model) for name, model in study.models.items()}


def curve_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the curve of each training of a study."""
    study = plan.study(wildcards)
    return [
        f"{adapter_folder(plan, study.name, one)}/curve.jsonl" for one in study.treatments() if study.trains(one[1])
    ]
