"""What jobs are told of their model, and which of its files they read.

The model `selected` is known only when selection.json is written. The rule `resolve_selected` then writes what each
part of the settings is for the model that won (selected/{part}.json), and jobs of `selected` take that file where
others take their own settings. Of `selected`, a job reads the files of each candidate that it may turn out to be.

Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from kotune.core.names import OWN, SELECTED
from kotune.core.storage import Json
from kotune.plan.paths import Plan, Wildcards
from kotune.prompts.families import asked_of_tokenizer
from kotune.study import wording

# the parts of the settings that differ from candidate to candidate; what a prompt adds follows a hyphen
MODEL, RENDERING, GENERATION = "model", "rendering", "generation"
PARTS = rf"{MODEL}|({RENDERING}|{GENERATION})-[^/]+"  # the pattern of the wildcard `part`


def settings_of(plan: Plan, model: Json) -> Json:
    """Return a model's settings, its path seen from the work folder, with what its family asks of a tokenizer."""
    family = wording.family_content(model["family"], plan.root)
    return {**model, "path": plan.beside(model["path"]), **asked_of_tokenizer(family)}


def settings(plan: Plan, wildcards: Wildcards) -> Json | None:
    """Return the settings of a job's model; None of `selected`, whose job takes them from a file."""
    if wildcards.model == SELECTED:
        return None
    return settings_of(plan, plan.study(wildcards).models[wildcards.model])


def selected_file(plan: Plan, wildcards: Wildcards, part: str) -> str:
    """Return the file that holds a part of the settings of the model that was selected."""
    return plan.under(wildcards.study, f"selected/{part}.json")


def of_prompt(part: str, prompt: str, evaluation: str = OWN) -> str:
    """Return the name of a part of the settings that a prompt variant, and an evaluation beside `own`, add to."""
    return f"{part}-{prompt}" + ("" if evaluation == OWN else f"@{evaluation}")


def asked_of(part: str) -> tuple[str, str, str]:
    """Return the part, the prompt variant and the evaluation that a name made by `of_prompt` is of."""
    name, _, rest = part.partition("-")
    prompt, _, evaluation = rest.partition("@")
    return name, prompt, evaluation or OWN


def model_part(plan: Plan, wildcards: Wildcards) -> str:
    """Return the name of the part that holds the selected model's settings themselves."""
    return MODEL


def own_or_selected(plan: Plan, wildcards: Wildcards, own: str, part: Callable[[Plan, Wildcards], str]) -> str:
    """Return the file of a part of the settings: the job's own, or that of the model that was selected.

    ``own`` holds the names of wildcards in braces; ``part`` names the part of a job.
    """
    if wildcards.model == SELECTED:
        return selected_file(plan, wildcards, part(plan, wildcards))
    return own.format(**dict(wildcards.items()))


def possible(plan: Plan, wildcards: Wildcards) -> list[Json]:
    """Return the settings of each model that a job's may turn out to be."""
    models = plan.study(wildcards).models
    return list(models.values()) if wildcards.model == SELECTED else [models[wildcards.model]]


def files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of a model that its training and its answers depend on."""
    return [
        f"{plan.beside(model['path'])}/{name}"
        for model in possible(plan, wildcards)
        for name in (("snapshot.json",) if model["hub_id"] else ("config.json", "model.safetensors", "tokenizer.json"))
    ]


def tokenizer_file(plan: Plan, model: Json) -> str:
    """Return the file that a model's tokenizer depends on."""
    return f"{plan.beside(model['path'])}/{'snapshot.json' if model['hub_id'] else 'tokenizer.json'}"


def tokenizer_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files that the tokenizer of a job's model depends on."""
    return [tokenizer_file(plan, model) for model in possible(plan, wildcards)]
