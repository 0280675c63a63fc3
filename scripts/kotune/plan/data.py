"""What downloads and the preparation of rows are asked, and which files they read.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import OWN, TRAIN
from kotune.core.storage import Json
from kotune.hub import code_host
from kotune.hub.gguf import path_of
from kotune.plan import items, mixtures
from kotune.plan.paths import Plan, Wildcards, evaluation_of_rowset
from kotune.rows.bundles import parted
from kotune.rows.personal_rows import KEY as PERSONAL
from kotune.study.mixtures import MIXTURE
from kotune.study.origins import snapshot_file

OF_A_MODEL = ("hub_id", "gguf", "revision", "licence", "trust_remote_code", "requires_remote_code")
OF_A_DATASET = ("hub_id", "revision", "licence", "subset", "files", "splits", "columns", "only", "unverified",
                "repository", "commit", "folder", "sums", "values")  # fmt: skip


def hub_model(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what a download depends on of a model's, or an embedder's, entry in the catalogue."""
    embedders = plan.config["embedders"]
    entry = (embedders if wildcards.hub_name in embedders else plan.config["models"])[wildcards.hub_name]
    return {key: value for key, value in entry.items() if key in OF_A_MODEL}


def gguf_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the user's GGUF file that a model is made of; none where packages or the hub hold the model.

    Nor where it is gone: what was made of it then stands for it (without that, the run is refused at its start).
    """
    own = path_of(hub_model(plan, wildcards).get("gguf", {}))
    return [own.as_posix()] if own and own.is_file() else []


def gguf_converter(plan: Plan, wildcards: Wildcards) -> str:
    """Return the hash of the code that converts a model's GGUF file; nothing for other models."""
    if "gguf" not in hub_model(plan, wildcards):
        return ""
    from kotune.models.gguf.folder import converter

    return converter()


def hub_dataset(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what a download depends on of a data set's entry in the catalogue."""
    return of_dataset(plan, wildcards.hub_name)


def of_dataset(plan: Plan, name: str) -> Json:
    """Return what a download is told of a data set, and of one in a repository where the user's own copy of it is."""
    entry, own = plan.config["datasets"][name], plan.config["data"].get(name)
    brought = {code_host.OWN: own} if own and code_host.SOURCE in entry else {}
    return {key: value for key, value in entry.items() if key in OF_A_DATASET} | brought


def source(plan: Plan, wildcards: Wildcards) -> Json:
    """Return where a rowset's rows come from and which of them it takes."""
    study = plan.study(wildcards)
    asked = evaluation_of_rowset(study, wildcards.rowset)
    selection = dict(study.settings["rowsets"].get(wildcards.rowset, {}))
    caps = {"scale": study.lens.get("rows", {}), "rowset": selection.pop("rows", {})}
    found = {**asked.source, **selection}
    if asked.name == OWN and PERSONAL in study.settings:
        found[PERSONAL] = study.settings[PERSONAL]
    if any(caps.values()):
        found["caps"] = {**caps, "seed": study.settings.get("split", {}).get("seed", 0)}
    if found.pop(MIXTURE, None):
        return {**found, "path": mixtures.rows_file(plan, study.name)}
    bundled = plan.config["datasets"].get(found["dataset"], {}).get("files", {}).get(TRAIN)
    ours = asked.hub_dataset or found.get("path") == bundled
    if ours or "path" not in found:  # the repository's own files; a user's stay as the user names them
        found |= {"files": {split: plan.beside(path) for split, path in found.get("files", {}).items()}}
    if ours and "path" in found:
        found["path"] = plan.beside(found["path"])
    listed = found.pop("items", None)
    return {**found, "files": items.files(plan, study.name, listed)} if listed else found


def source_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the files that rows are read from; of files within an archive, the archive."""
    asked = evaluation_of_rowset(plan.study(wildcards), wildcards.rowset)
    if MIXTURE in asked.source:
        return [mixtures.rows_file(plan, wildcards.study)]
    hub_dataset = asked.hub_dataset
    found = source(plan, wildcards)
    if hub_dataset:
        return [plan.beside(snapshot_file("datasets", hub_dataset))]
    places = [*found.get("files", {}).values(), *([found["path"]] if "path" in found else [])]
    return list(dict.fromkeys(parted(place)[0] for place in places))


def modules(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the dotted name of the task of a job's rows: it is loaded, and no other."""
    return [source(plan, wildcards)["task"]]


def task_module(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the dotted name of the task of a study's own rows."""
    return [plan.study(wildcards).source["task"]]
