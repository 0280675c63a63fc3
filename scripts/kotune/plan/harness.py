"""What jobs of lm-evaluation-harness are asked, and which files they read: data, requests, sums, tables.

Lists the files of folders that a user brings; writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.names import SELECTED
from kotune.core.protocols import NO_TEMPLATE, UNTRAINED
from kotune.core.storage import Json
from kotune.harness import start
from kotune.harness.task_files import warnings_of
from kotune.plan import models
from kotune.plan.paths import Plan, Treatment, Wildcards, adapter_files, adapter_folder, one_of
from kotune.report.settings import harness_of
from kotune.study.harness import HarnessEvaluation
from kotune.study.origins import snapshot_file

READ = (
    ".tsv",
    ".xz",
    ".csv",
    ".jsonl",
    ".json",
    ".parquet",
    ".yaml",
    ".yml",
    ".py",
)  # of a folder with data or task files


def pattern(plan: Plan) -> str:
    """Return the pattern of the wildcard `evaluation`: the evaluations that are tasks of the harness."""
    return one_of(name for study in plan.every for name in study.harness)


def asked(plan: Plan, wildcards: Wildcards) -> HarnessEvaluation:
    """Return the evaluation that a job is of."""
    return plan.study(wildcards).harness[wildcards.evaluation]


def folder(plan: Plan, wildcards: Wildcards) -> str:
    """Return the folder of all files of a job's evaluation."""
    return plan.under(wildcards.study, f"harness/{wildcards.evaluation}")


def _of_folder(path: str) -> list[str]:
    """Return the files of a folder that may be read, in order."""
    return sorted(one.as_posix() for one in Path(path).rglob("*") if one.suffix in READ and one.is_file())


def _tasks(plan: Plan, one: HarnessEvaluation) -> Json:
    """Return which tasks are asked, and where their files lie if not in the harness's own folder."""
    return {"evaluation": one.name, "tasks": one.tasks, "include": one.include and plan.beside(one.include)}


def _source(plan: Plan, one: HarnessEvaluation) -> Json:
    """Return where data come from, seen from the work folder; a user's folder stays as the user names it."""
    if "hub" in one.source:
        return {"hub": {task: plan.beside(path) for task, path in one.source["hub"].items()}}
    if "folder" not in one.source:
        return one.source
    bundled = plan.config["datasets"].get(one.dataset, {}).get("path") == one.source["folder"]
    ours = bundled or bool(one.hub)  # the repository's own folder, or that of a download
    return {"folder": plan.beside(one.source["folder"]) if ours else one.source["folder"]}


def preparing(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what preparing the data is asked."""
    one = asked(plan, wildcards)
    return {**_tasks(plan, one), "num_fewshot": one.num_fewshot, "source": _source(plan, one)}


def data_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files that data and further tasks are read from; of a download the last that it writes."""
    one, found = asked(plan, wildcards), preparing(plan, wildcards)
    files = [plan.beside(snapshot_file("datasets", name)) for name in one.hub]
    files += _of_folder(found["source"]["folder"]) if "folder" in found["source"] and not one.hub else []
    return files + (_of_folder(found["include"]) if found["include"] else [])


def building(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what building the requests of a model is asked."""
    one = asked(plan, wildcards)
    told = {"num_fewshot": one.num_fewshot, "protocols": one.protocols, "template": one.template}
    return {**_tasks(plan, one), **told, "limit": one.limit}


def tokenizer_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of a model's tokenizer, where a chat template wants it, and those of its settings."""
    if asked(plan, wildcards).template == NO_TEMPLATE:
        return []
    return [*models.tokenizer_files(plan, wildcards), *selected_file(plan, wildcards)]


def template_model(plan: Plan, wildcards: Wildcards) -> Json | None:
    """Return the settings of the model whose chat template requests are built with; None where none is put around."""
    return None if asked(plan, wildcards).template == NO_TEMPLATE else models.settings(plan, wildcards)


def model_option(plan: Plan, wildcards: Wildcards, own: str) -> str:
    """Return the option that names those settings' file, the job's own or the selected model's; or nothing."""
    if asked(plan, wildcards).template == NO_TEMPLATE:
        return ""
    return f"--model {models.own_or_selected(plan, wildcards, own, models.model_part)}"


def selected_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the file that says which model was selected, where a job's model is that one."""
    return [models.selected_file(plan, wildcards, models.MODEL)] if wildcards.model == SELECTED else []


def of_model(plan: Plan, wildcards: Wildcards) -> list[Treatment]:
    """Return (model, arm, seed) of the arms of a job's model."""
    return [one for one in plan.study(wildcards).asked(wildcards.evaluation) if one[0] == wildcards.model]


def adapters(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files of the adapters that a job's arms answer with, once each."""
    jobs = [{"study": wildcards.study, "model": a, "arm": b, "seed": str(c)} for a, b, c in of_model(plan, wildcards)]
    return list(dict.fromkeys(path for job in jobs for path in adapter_files(plan, _Job(job))))


class _Job(dict):
    """Wildcards of a job of another rule."""

    def __getattr__(self, name: str) -> str:
        return self[name]


def scoring(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what scoring with a model is asked: its arms and seeds, and the seed of its untrained twin."""
    study, told = plan.study(wildcards), []
    for one in of_model(plan, wildcards):
        adapter = None if study.untuned(one[1]) else adapter_folder(plan, study.name, one)
        recipe = study.arms[one[1]]["recipe"]
        told.append({"arm": one[1], "seed": one[2], "adapter": adapter, "quantization": recipe["quantization"]})
    return {"arms": told, "untrained": study.seeds[:1], "tokens": None}


def asked_models(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the models that are asked an evaluation, under their names in paths."""
    return list(dict.fromkeys(model for model, _, _ in plan.study(wildcards).asked(wildcards.evaluation)))


def requests(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the requests of all models, in the models' order."""
    return [f"{folder(plan, wildcards)}/{model}/requests.jsonl" for model in asked_models(plan, wildcards)]


def records(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the records of all models' sums, in the models' order."""
    return [f"{folder(plan, wildcards)}/{model}/record.json" for model in asked_models(plan, wildcards)]


def chosen(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the file that says which model was selected, where arms of that one are asked."""
    named = SELECTED in asked_models(plan, wildcards)
    return [models.selected_file(plan, wildcards, models.MODEL)] if named else []


def tabulating(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what the tables are made by."""
    study, one = plan.study(wildcards), asked(plan, wildcards)
    labels = [{"model": a, "arm": b, "seed": c} for a, b, c in study.asked(one.name)]
    twins = [
        {"model": model, "arm": UNTRAINED, "seed": seed}
        for model in asked_models(plan, wildcards)
        for seed in study.seeds[:1]
    ]
    warnings = warnings_of(one.tasks, one.include and plan.beside(one.include))
    return {
        "study": study.name,
        **harness_of(study, one),
        **({"warnings": warnings} if warnings else {}),
        "labels": labels + twins,
        "untuned": [arm for arm in study.arms if study.untuned(arm)],
        "statistics": {key: study.settings["statistics"][key] for key in ("seed", "resamples")},
    }


def check(plan: Plan) -> list[str]:
    """Return what should be known of the tasks that are asked; UserError for one, or for data, that is not there."""
    found: dict[str, None] = {}
    for study in plan.every:
        for one in study.harness.values():
            include = one.include and plan.beside(one.include)
            where = f"config/evaluations/{one.name}.yaml, harness"
            source = {"hub": {}} if one.hub else _source(plan, one)  # what is to be downloaded need not be there yet
            found |= dict.fromkeys(start.notes(one.tasks, include, source, where))
    return list(found)
