"""What the rendering of prompts is asked: how a row becomes text for one model.

Reads config/prompts/ and config/families.yaml; writes nothing.
"""

from __future__ import annotations

from kotune.core.names import OWN, SELECTED, SPLITS
from kotune.core.storage import Json
from kotune.plan import models
from kotune.plan.paths import Plan, Wildcards, evaluation_of_rowset
from kotune.plan.scores import embedder_of
from kotune.prompts import passages
from kotune.prompts.thinking import plain
from kotune.rows.task import learned_columns
from kotune.study import wording
from kotune.study.study import Study


def room(study: Study, model: Json, prompt: str, evaluation: str = OWN) -> int:
    """Return how many tokens of a model's context window are left beside the new ones."""
    new = wording.new_tokens(study, evaluation) + wording.thought_tokens(study, prompt, evaluation)
    return model["context_window"] - new


def limits(study: Study, evaluation: str = OWN) -> Json:
    """Return how many new tokens an answer may have, and the reasoning behind it, where there is any."""
    generation, reasons = wording.generation_at(study, evaluation), study.evaluations[evaluation].reasoning
    reasoning = generation.get("reasoning_tokens") if reasons else None
    return {"answer": generation["max_new_tokens"], **({"reasoning": reasoning} if reasoning else {})}


def rows(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows that are rendered, one file a split; where they are samples, those of the job's model."""
    name, _, samples = wildcards.rowset.partition("/")
    folder = f"{name}/{wildcards.model}/{samples}" if samples else name
    return [plan.under(wildcards.study, f"rows/{folder}/{split}.parquet") for split in SPLITS]


def prompt_for(study: Study, prompt: str, family: str, evaluation: str = OWN) -> Json:
    """Return what a prompt variant says to one family, so that another family's words change nothing here."""
    task = study.evaluations[evaluation].task
    name, _, variant = plain(prompt).partition(".")
    parts = wording.prompt_parts(prompt, family, study.root)
    content = {"families": {family: parts} if parts else {}, **wording.prompt_additions(prompt, study.root)}
    return {"name": name, "variant": variant, "content": content, "learned": learned_columns(task)}


def rendering_for(plan: Plan, study: Study, model: Json, prompt: str, evaluation: str = OWN) -> Json:
    """Return what rendering a prompt variant for a model is asked."""
    return {
        "model": models.settings_of(plan, model),
        "prompt": prompt_for(study, prompt, model["family"], evaluation),
        "family": wording.family_asked(model["family"], prompt, study.root),
        "max_tokens": room(study, model, prompt, evaluation),
        "limits": limits(study, evaluation),
        **({"embedder": embedder_of(plan, study.embedder)} if embeds(study, prompt) else {}),
    }


def embeds(study: Study, prompt: str) -> bool:
    """Return whether a prompt variant shows passages that the study's embedder finds."""
    return passages.embeds(wording.prompt_additions(prompt, study.root))


def embedder_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the file that the embedder of a job of rendering depends on; nothing where it needs none."""
    study = plan.study(wildcards)
    path = embedder_of(plan, study.embedder).get("path") if embeds(study, wildcards.prompt) else None
    return [f"{path}/snapshot.json"] if path else []


def rendering(plan: Plan, wildcards: Wildcards) -> Json | None:
    """Return what a job of rendering is asked; None of `selected`, whose job takes it from a file."""
    if wildcards.model == SELECTED:
        return None
    study = plan.study(wildcards)
    evaluation = evaluation_of_rowset(study, wildcards.rowset).name
    return rendering_for(plan, study, study.models[wildcards.model], wildcards.prompt, evaluation)


def rendering_part(plan: Plan, wildcards: Wildcards) -> str:
    """Return the name of the part of the selected model's settings that says how its prompts are rendered."""
    evaluation = evaluation_of_rowset(plan.study(wildcards), wildcards.rowset).name
    return models.of_prompt(models.RENDERING, wildcards.prompt, evaluation)


def selected_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the file that a job of rendering takes its settings from, where its model is `selected`."""
    if wildcards.model != SELECTED:
        return []
    return [models.selected_file(plan, wildcards, rendering_part(plan, wildcards))]
