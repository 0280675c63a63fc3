"""What taking a tuned model home is asked, and which files it reads.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.catalogue import entry
from kotune.core.errors import UserError, nearest
from kotune.core.names import SELECTED, VALID
from kotune.core.storage import Json
from kotune.models.gguf.config import ARCHITECTURES
from kotune.plan import answers, models, prompts
from kotune.plan.paths import ADAPTER, Plan, Wildcards, adapter_folder, answers_file, one_of, prompt_folder, rows
from kotune.plan.scores import embedder_of
from kotune.rows.task import learned_columns
from kotune.study import exports, metrics
from kotune.study.exports import FORMS, GGUF, KEY
from kotune.study.study import Study


def check_export(study: Study, config: Json) -> None:
    """Raise UserError for an arm that has nothing to take home, a model that it has not, a form that cannot be made."""
    where, asked = f"config/studies/{study.name}.yaml or the configuration, {KEY}", study.settings.get(KEY)
    if asked is None:
        return
    for arm in asked["arms"]:
        entry(study.arms, arm, "arm", f"{where}.arms")
        if study.untuned(arm):
            tuned = nearest(arm, [one for one in study.arms if not study.untuned(one)])
            raise UserError(f"{where}.arms: '{arm}' is not tuned: it has no adapter to take home{tuned}")
        if not study.trains(arm):
            raise UserError(
                f"{where}.arms: '{arm}' answers with the adapter of '{study.arms[arm]['adapter']}'; name that arm"
            )
    known = {*study.names, *study.names.values(), SELECTED}
    for model in asked.get("models", ()):
        if model not in known:
            raise UserError(f"{where}.models: '{model}' is none of the study's models{nearest(model, known)}")
    if asked.get("models") and not exports.taken_home(study):
        raise UserError(f"{where}.models: no arm that is named has any of these models; name others")
    classes = {known.class_name for known in ARCHITECTURES.values()}
    for candidate in study.names if not study.lens["stand_ins"] and set(exports.forms_of(study)) & set(GGUF) else ():
        named = config["models"][candidate].get("architecture")
        home = {model for model, _, _ in exports.taken_home(study)}
        if named and named not in classes and home & {study.names[candidate], SELECTED}:
            raise UserError(
                f"{where}.forms: '{candidate}' is a {named}, which is not translated to GGUF; name its forms without "
                f"{', '.join(GGUF)}"
            )


def form_pattern() -> str:
    """Return the pattern of the wildcard `form`."""
    return one_of(FORMS)


def _prompt(plan: Plan, wildcards: Wildcards) -> str:
    return plan.study(wildcards).own.prompt_of(plan.arm(wildcards))


def split_of(study: Study) -> str:
    """Return the split whose answers are compared: valid, where it is answered and scored."""
    return VALID if VALID in study.evaluated else study.evaluated[0]


def prompts_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the prompts that an export is asked again."""
    folder = prompt_folder(plan, wildcards.study, wildcards.model, wildcards.arm)
    return [f"{folder}/{split_of(plan.study(wildcards))}.parquet"]


def rows_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the rows against which its answers are scored."""
    return rows(plan, wildcards.study, [split_of(plan.study(wildcards))])


def arms_answers(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the answers of the arm, with which an export's are compared."""
    return [answers_file(plan, wildcards.study, (wildcards.model, wildcards.arm, int(wildcards.seed)))]


def adapter(plan: Plan, wildcards: Wildcards) -> str:
    """Return the folder of the adapter that is taken home."""
    return adapter_folder(plan, wildcards.study, (wildcards.model, wildcards.arm, int(wildcards.seed)))


def adapter_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return its files; UserError of an arm that has none is Snakemake's to tell: no rule makes them."""
    return [f"{adapter(plan, wildcards)}/{name}" for name in ADAPTER]


def rendering(plan: Plan, wildcards: Wildcards) -> Json | None:
    """Return the model, and the family as its prompts have it; None of `selected`, whose job takes them from a file."""
    if wildcards.model == SELECTED:
        return None
    study = plan.study(wildcards)
    return prompts.rendering_for(plan, study, study.models[wildcards.model], _prompt(plan, wildcards))


def rendering_part(plan: Plan, wildcards: Wildcards) -> str:
    """Return the name of the part of the selected model's settings that says how its prompts are rendered."""
    return models.of_prompt(models.RENDERING, _prompt(plan, wildcards))


def generation(plan: Plan, wildcards: Wildcards) -> Json | None:
    """Return how the arm's answers are generated; None of `selected`."""
    if wildcards.model == SELECTED:
        return None
    study = plan.study(wildcards)
    return answers.generation_for(study, study.models[wildcards.model], _prompt(plan, wildcards))


def generation_part(plan: Plan, wildcards: Wildcards) -> str:
    """Return the name of the part of the selected model's settings that says how its answers are generated."""
    return models.of_prompt(models.GENERATION, _prompt(plan, wildcards))


def selected_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files that a job takes its settings from, where its model is `selected`."""
    if wildcards.model != SELECTED:
        return []
    parts = (rendering_part(plan, wildcards), generation_part(plan, wildcards))
    return [models.selected_file(plan, wildcards, part) for part in parts]


def _scoring(plan: Plan, study: Study) -> Json:
    """Return by what metric answers are compared, and how it is scored."""
    primary = study.own.primary_metric
    metric = {**metrics.aggregated([primary])[0], **metrics.asked([primary])[0]}
    embeds = {"embedder": embedder_of(plan, study.embedder)} if metrics.embeds([primary]) else {}
    return {"metric": metric, **learned_columns(study.task), **embeds}


def settings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what an export is told besides."""
    study = plan.study(wildcards)
    folder = adapter(plan, wildcards)
    return {
        "title": f"{study.name}, {wildcards.model}, {wildcards.arm}, seed {wildcards.seed}",
        "arm": wildcards.arm,
        "prompt": _prompt(plan, wildcards),
        "quantization": plan.arm(wildcards)["recipe"]["quantization"],
        "scoring": _scoring(plan, study),
        "trained_by": (
            f"snakemake {folder}/{ADAPTER[0]} --cores 1 --config scale={plan.scale} studies='[{study.name}]'"
        ),
    }


def modules(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the dotted names of the functions that score."""
    primary = [plan.study(wildcards).own.primary_metric]
    return [*metrics.functions(primary), *metrics.aggregates(primary)]


def records(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the record of each form that is made of an adapter, the one that is offered first before the others."""
    study = plan.study(wildcards)
    folder = plan.under(study.name, f"exports/{wildcards.model}/{wildcards.arm}/seed{wildcards.seed}")
    return [f"{folder}/{form}.json" for form in exports.forms_of(study)]


def targets(plan: Plan) -> list[str]:
    """Return the pages that list what is taken home, as the studies or the configuration ask."""
    return [
        plan.under(study.name, f"exports/{model}/{arm}/seed{seed}/README.md")
        for study in plan.studies.values()
        for model, arm, seed in exports.taken_home(study)
    ]
