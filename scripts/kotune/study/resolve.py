"""Adapt a study to a scale: which models, rows, arms, recipes and settings a run really has.

Studies are written once, for real models and data; at mini scale every model and data set is replaced by its stand-in.
Reads the checked configuration; writes nothing. Everything returned is plain JSON, ready for a rule's params.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kotune.core.catalogue import entry, named
from kotune.core.errors import UserError
from kotune.core.names import EVALUATED, OWN, ROOT, SELECTED, SUBMISSION
from kotune.core.storage import Json
from kotune.prompts import additions
from kotune.prompts.thinking import check_switch
from kotune.rows.task import DEFAULT, Task, parted_by, task_named
from kotune.study import metrics, panel, sharing
from kotune.study.arms import arms_at
from kotune.study.bias import biases_at, is_bias
from kotune.study.checks import (
    check_choice,
    check_contrasts,
    check_ensembles,
    check_ladder,
    check_published,
    check_shown,
    check_submission,
)
from kotune.study.evaluations import (
    Evaluation,
    asked_with,
    check_metrics,
    check_once,
    check_right,
    check_runs,
    evaluation_at,
    generation_of,
)
from kotune.study.grids import study_file
from kotune.study.harness import HarnessEvaluation, check_data_name, harness_at, is_harness
from kotune.study.judges import judge_at
from kotune.study.kept_arms import asked_at, at_scale, check_kept, with_files
from kotune.study.model_entries import check_barred, check_model
from kotune.study.origins import hub_folder, source_at
from kotune.study.quality import check_quality
from kotune.study.sampled import check_samples
from kotune.study.scales import lens_at, of_scale
from kotune.study.seeds import seeds_of_study
from kotune.study.study import Study
from kotune.study.wording import family_content, prompt_content


def _model_at(name: str, config: Json, lens: Json, settings: Json, where: str) -> tuple[str, Json]:
    """Return the name and the settings of a catalogue model, or of its stand-in: the study's own, else the model's."""
    model = entry(config["models"], name, "model", where)
    check_barred(name, model)
    compute = lens["compute"]
    if lens["stand_ins"]:
        own = settings.get("stand_ins", {}).get(name) or model.get("stand_in")
        if own is None:
            raise UserError(f"{where}: '{name}' has no stand-in (config/models.yaml), so it is not there at this scale")
        stand_in = entry(config["stand_ins"], own, "stand-in", f"{where} or config/models.yaml, model '{name}'")
        return own, {
            "name": own,
            "path": stand_in["path"],
            "family": stand_in["family"],
            "context_window": stand_in["context_window"],
            "attn_implementation": stand_in.get("attn_implementation"),
            "dtype": compute["dtype"],
            "trust_remote_code": False,
            "hub_id": None,
        }
    check_model(name, model)
    return name, {
        "name": name,
        "path": hub_folder("models", name),
        "family": model["family"],
        "context_window": model["context_window"],
        "attn_implementation": model.get("attn_implementation"),
        "dtype": compute["dtype"],
        "trust_remote_code": model.get("trust_remote_code", False),
        "hub_id": model["hub_id"],
    }


def study_at(name: str, config: Json, root: Path = ROOT) -> Study:
    """Resolve one study through the configuration's scale.

    Raises UserError naming the file and the nearest known name for anything unknown.
    """
    lens, settings = _settings_at(name, config, root)
    where = f"config/studies/{name}.yaml"
    owner = sharing.owner_of(name, settings)
    source, splits = source_at(owner, settings, config, lens)
    task = parted_by(task_named(settings.get("task", DEFAULT)), source.get("split", {}).get("by"))
    if not settings.get("reasoning"):
        check_metrics(settings, where)
    check_right(settings, where)
    reasoning = _reasons(owner, settings, source, config, task)
    if not reasoning:
        settings = {**settings, "metrics": [one for one in settings["metrics"] if not metrics.of_reasoning(one)]}
    generation = _own_generation(settings, lens, reasoning, where)
    check_runs(settings["metrics"], settings.get("task", DEFAULT), generation, where)
    check_once(settings, generation, where)
    seeds = seeds_of_study(config, settings)
    names, models, left_out = _candidates_at(settings, config, lens, where, root)
    arms = arms_at(name, settings, names, left_out, lens, seeds, root)
    _check(name, settings, arms, models, root)
    check_quality(where, settings, config["datasets"], lens["stand_ins"], root)
    own = Evaluation(
        name=OWN,
        title=settings["title"],
        arms=list(arms),
        task=task,
        source=source,
        splits=[split for split in splits if split in EVALUATED],
        unscored=[split for split in splits if split == SUBMISSION],
        metrics=settings["metrics"],
        primary_metric=settings["primary_metric"],
        embedder=_embedder_at(lens.get("embedder", settings["embedder"]), settings, config, where),
        generation=generation,
        reasoning=reasoning,
        hub_dataset=source.pop("hub", None),
        judge=judge_at(settings.get("judge"), where, lens, root),
        right_by=settings.get("right"),
    )
    compared = [_embedder_at(one, settings, config, where) for one in settings.get("embedders", [])]
    evaluations = {OWN: own, **_evaluations_at(name, settings, config, lens, models, arms, root)}
    if "rehearsal" not in lens:  # which asks no evaluation, and has no samples
        check_samples(where, settings, arms, evaluations)
    return Study(
        name=name,
        settings=settings,
        scale=config["scale"],
        lens=lens,
        seeds=seeds,
        source=source,
        splits=splits,
        models=models,
        names=names,
        arms=arms,
        evaluations=evaluations,
        harness=_harness_at(name, settings, config, lens, models, arms, root),
        bias=biases_at(name, settings, config, lens, arms, root),
        embedders=[own.embedder, *(one for one in compared if one["name"] != own.embedder["name"])],
        tracking=config["tracking"] or lens["tracking"],
        left_out=left_out,
        sample=source.pop("sample", None),
        root=root,
    )


def _settings_at(name: str, config: Json, root: Path) -> tuple[Json, Json]:
    """Return the scale's settings and the study's, each with what the study says of the scale on top."""
    lens = lens_at(config["scale"], root)
    for study in config["data"]:
        check_data_name(study, config, root)
    settings = study_file(name, root)
    sharing.check_configured(name, settings, config)
    if name in config.get("export", {}):
        settings = {**settings, "export": config["export"][name]}
    settings = sharing.whole(name, settings, root)
    check_choice(name, settings, root)
    of_scales = settings.get("scales", {}).values()
    for embedder in {one: None for said in (settings, *of_scales) for one in said.get("embedders", ())}:
        entry(config["embedders"], embedder, "embedder", f"config/studies/{name}.yaml, embedders")
    where = f"config/studies/{name}.yaml"
    check_kept(where, settings)
    check_contrasts(where, settings)
    check_shown(where, settings)
    check_ladder(where, settings)
    check_published(where, settings, root)
    panel.check_chooses(where, settings)
    lens, settings = of_scale(settings, lens, config["scale"])
    said = settings.get("scales", {}).get(config["scale"], {})
    settings = with_files(asked_at(settings, said.get("evaluations")), root)
    return lens, at_scale(where, settings, said.get("arms"), config["scale"])


def _check(name: str, settings: Json, arms: dict[str, Json], models: dict[str, Json], root: Path) -> None:
    """Raise UserError for what of a study's file cannot be, once its arms and models are known."""
    where = f"config/studies/{name}.yaml"
    for arm, treatment in arms.items():
        for prompt in dict.fromkeys((treatment["prompt"], asked_with(treatment))):
            _check_families(prompt, [treatment], models, root)
        for model in models if SELECTED in treatment["models"] else treatment["models"]:
            if "thinking" in treatment:
                family, place = models[model]["family"], f"{where}, arm '{arm}', key 'thinking'"
                written = prompt_content(asked_with(treatment), root)["families"][family]
                check_switch(place, model, family, family_content(family, root), written)
    check_ensembles(name, settings)
    panel.check_shown(where, arms, models, root)
    check_submission(name, settings)
    if "published" in settings:
        named("published", settings["published"], "published", root)
    if settings["primary_metric"] not in settings["metrics"]:
        raise UserError(f"{where}: primary_metric '{settings['primary_metric']}' is not among its metrics")
    if not metrics.metric_named(settings["primary_metric"]).more_is_better:
        raise UserError(
            f"{where}: a selection ranks the highest first, and of '{settings['primary_metric']}' less is better"
        )


def _own_generation(settings: Json, lens: Json, reasoning: bool, where: str) -> Json:
    """Return how answers to a study's own rows are generated; without reasoning, no tokens are kept for it."""
    found = generation_of(settings, lens, f"{where}, generation")
    return found if reasoning else {key: value for key, value in found.items() if key != "reasoning_tokens"}


def _evaluations_at(
    study: str, settings: Json, config: Json, lens: Json, models: dict[str, Json], arms: dict[str, Json], root: Path
) -> dict[str, Evaluation]:
    """Return the evaluations that a study names, by name; a rehearsal, which has no rows, asks none."""
    found = {}
    for name, asked in {} if "rehearsal" in lens else settings.get("evaluations", {}).items():
        if is_harness(name, root) or is_bias(name, root):
            continue
        given = evaluation_at(name, asked, study, settings, config, lens, root)
        where = f"config/evaluations/{name}.yaml"
        embedder = _embedder_at(lens.get("embedder", given["embedder"]), settings, config, where)
        found[name] = Evaluation(**{**given, "embedder": embedder})
        _check_families(given["prompt"], [arms[arm] for arm in asked], models, root)
        shown = [key for key in additions.COLUMNS if key in prompt_content(given["prompt"], root)]
        if shown:
            raise UserError(
                f"{where}, prompt: '{given['prompt']}' shows rows of train, and an evaluation's rows have no such "
                f"split; name a variant without {shown[0]}"
            )
    return found


def _harness_at(
    study: str, settings: Json, config: Json, lens: Json, models: dict[str, Json], arms: dict[str, Json], root: Path
) -> dict[str, HarnessEvaluation]:
    """Return the evaluations by lm-evaluation-harness that a study names; a rehearsal asks none."""
    return {
        name: harness_at(name, asked, study, config, lens, models, arms, root)
        for name, asked in ({} if "rehearsal" in lens else settings.get("evaluations", {})).items()
        if is_harness(name, root)
    }


def _check_families(prompt: str, arms: Iterable[Json], models: dict[str, Json], root: Path) -> None:
    """Raise UserError where a prompt variant says nothing to the family of a model that is asked with it."""
    written = prompt_content(prompt, root)["families"]
    for arm in arms:
        for model in models if SELECTED in arm["models"] else arm["models"]:
            where = f"config/prompts/, '{prompt}' for '{model}'"
            entry(written, models[model]["family"], "family", where)
            why = additions.fault(prompt_content(prompt, root), models[model]["family"])
            if why:
                raise UserError(f"{where}: {why}")


def _embedder_at(name: str, settings: Json, config: Json, where: str) -> Json:
    """Return an embedder's settings under its name, with what it makes of a text beyond its window."""
    embedder = entry(config["embedders"], name, "embedder", where)
    known = {key: embedder[key] for key in ("kind", "hub_id", "long") if key in embedder}
    return {"name": name, **known, **({"long": settings["long_texts"]} if "long_texts" in settings else {})}


def _reasons(name: str, settings: Json, source: Json, config: Json, task: Task) -> bool:
    """Return whether the study's rows bring reasoning; its ``source`` is told what to read.

    A data set of the catalogue says so by its columns. Rows that a user brings have the column, unless the
    configuration lists the study under ``without_reasoning``.
    """
    if not settings.get("reasoning"):
        return False
    source["numbered"] = True
    if name in config.get("without_reasoning", []) or task.reasoning not in source["columns"]:
        return False
    source["reasoning"] = True
    return True


def _candidates_at(
    settings: Json, config: Json, lens: Json, where: str, root: Path
) -> tuple[dict[str, str], dict[str, Json], dict[str, str]]:
    """Return candidate → its name in paths, that name → its settings, and the candidates left out with the reason.

    Only a candidate that the study lists under ``may_be_missing`` is left out where it cannot be had.
    """
    names: dict[str, str] = {}
    models: dict[str, Json] = {}
    left_out: dict[str, str] = {}
    for candidate in settings["candidates"]:
        try:
            shown, model = _model_at(candidate, config, lens, settings, where)
        except UserError as error:
            if candidate not in settings.get("may_be_missing", []):
                raise
            left_out[candidate] = str(error)
            continue
        if shown in models:
            raise UserError(f"{where}: '{candidate}' and another candidate share the stand-in '{shown}'")
        names[candidate], models[shown] = shown, model
        family_content(model["family"], root)
    return names, models, left_out
