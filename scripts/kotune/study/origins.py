"""Where a study's rows come from: its data set, a stand-in, a snapshot from the hub, or the user's own file.

Reads the checked configuration, and enough of the user's file to know its splits; writes nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

from kotune.core.catalogue import entry
from kotune.core.errors import UserError, nearest
from kotune.core.names import SEEN, SPLITS, SUBMISSION, TEST, TRAIN, UNIT, VALID
from kotune.core.storage import Json
from kotune.hub.code_host import downloaded
from kotune.rows.bundles import ARCHIVE, bundle_at
from kotune.rows.readers import check_ending, holds_answers
from kotune.rows.task import DEFAULT, dotted, task_named
from kotune.study.mixtures import is_mixture, mixture_at, source_of
from kotune.study.permitted import check_learning

LEARNS = "rowsets"  # the key of those who learn rows; an evaluation has none


def hub_folder(kind: str, name: str) -> str:
    """Return where a snapshot of the hub lies in the repository; ``kind`` is models or datasets."""
    return f"resources/hub/{kind}/{name}"


def snapshot_file(kind: str, name: str) -> str:
    """Return the file that a download writes last: where it is, the snapshot is whole."""
    return f"{hub_folder(kind, name)}/snapshot.json"


def _hub_datasets(name: str) -> str:
    return hub_folder("datasets", name)


def source_at(study: str, settings: Json, config: Json, lens: Json) -> tuple[Json, list[str]]:
    """Return where the study's rows come from, and which splits they have."""
    where = f"config/studies/{study}.yaml"
    dataset = entry(config["datasets"], settings["dataset"], "dataset", where)
    if "columns" not in dataset and not is_mixture(dataset):
        raise UserError(
            f"{where}, dataset: '{settings['dataset']}' is a benchmark, and no rows to learn from; name "
            "one of its parts, or ask it as an evaluation"
        )
    task = settings.get("task", DEFAULT)
    dataset = {**dataset, "columns": dataset.get("columns", {})}
    source: Json = {"dataset": settings["dataset"], "task": dotted(task), "columns": dataset["columns"]}
    _check_columns(settings["dataset"], dataset, task)
    if LEARNS in settings and study not in config["data"]:
        check_learning(settings["dataset"], dataset, where)
    if "rehearsal" in lens and study not in config["data"]:  # lengths of an assumed law take the place of rows
        return source, _cut(settings)
    if is_mixture(dataset) and study not in config["data"]:
        mixture = mixture_at(settings["dataset"], task, config["datasets"], lens["stand_ins"], _hub_datasets)
        return source_of(settings["dataset"], mixture, settings, study), _cut(settings)
    own = config["data"].get(study) or dataset.get("path")
    if own in config["datasets"]:  # another data set of the catalogue
        dataset = config["datasets"][own]
        if is_mixture(dataset):
            raise UserError(f"{where}: '{own}' is a mixture; name it by the study's key 'dataset'")
        _check_columns(own, dataset, task)
        source, own = {**source, "dataset": own, "columns": dataset["columns"]}, dataset.get("path")
    if "id" not in dataset["columns"]:
        source["numbered"] = True
    own = own and os.path.expanduser(own)
    if own and not Path(own).suffix and not os.path.lexists(own):
        raise UserError(
            f"rows of '{study}' (--config data, or a data set's path): there is neither a file nor a data set '{own}'"
            f"{nearest(own, config['datasets'])}"
        )
    if own:
        if "split" not in settings:
            raise UserError(f"{where}: rows in one file need the key 'split' (shares by article)")
        # a competition hands its rows out as open.zip: what is called so, or unpacked so, is the study's own data set
        handed_out = dataset.get("source") == "user" and Path(own).stem == Path(ARCHIVE).stem
        named_here = config["data"].get(study, source["dataset"]) not in config["datasets"] and not handed_out
        name = Path(own).stem.partition(".")[0] if named_here else source["dataset"]
        gold = task_named(task).gold
        return _brought({**source, "dataset": name, "split": settings["split"]}, own, gold, _cut(settings))
    if dataset["source"] == "harness":
        return _listed(source, dataset, settings, where)
    if lens["stand_ins"] and (downloaded(dataset) or "files" not in dataset):
        if "stand_in" not in dataset:
            raise UserError(f"config/datasets.yaml: dataset '{settings['dataset']}' names no stand_in for this scale")
        stand_in = entry(config["datasets"], dataset["stand_in"], "dataset", "config/datasets.yaml")
        _check_columns(dataset["stand_in"], stand_in, task)
        source, dataset = {**source, "dataset": dataset["stand_in"], "columns": stand_in["columns"]}, stand_in
    held = dataset.get("files", dataset.get("splits", {}))
    if LEARNS in settings and held and TRAIN not in held:
        raise UserError(
            f"{where}, dataset: '{source['dataset']}' has no rows to learn from, only {', '.join(held)}; ask it as an "
            "evaluation"
        )
    if downloaded(dataset):
        return _downloaded(source, dataset, settings)
    if "files" not in dataset:
        how = dataset.get("how_to_get", "name a file with --config data='{" + study + ": path}'")
        raise UserError(f"{where}: the rows of '{settings['dataset']}' must be brought by you. {how}")
    if dataset["source"] == "bundled" and list(dataset["files"]) == [TRAIN] and "split" in settings:
        return {**source, "path": dataset["files"][TRAIN], "split": settings["split"]}, _cut(settings)
    return {**source, "files": dataset["files"]}, [split for split in SPLITS if split in dataset["files"]]


def _listed(source: Json, dataset: Json, settings: Json, where: str) -> tuple[Json, list[str]]:
    """Return the source and the splits of a benchmark's own items; the study must ask that benchmark."""
    asked = dataset["evaluation"]
    if asked not in settings.get("evaluations", {}):
        raise UserError(
            f"{where}, dataset: '{source['dataset']}' is what the evaluation '{asked}' asks; name that under "
            f"evaluations, {asked}: [base]"
        )
    return {**source, "items": asked}, [TRAIN, VALID, TEST]


def _check_columns(name: str, dataset: Json, task: str) -> None:
    """Raise UserError for a column of a data set's entry that the task does not read, leaving it out in silence."""
    known = (*task_named(task).columns(True), *task_named(task).labels, UNIT)
    for column in dataset["columns"]:
        if column not in known:
            hint = nearest(column, known)
            raise UserError(f"config/datasets.yaml, data set '{name}', columns: '{task}' reads no '{column}'{hint}")


def _downloaded(source: Json, dataset: Json, settings: Json) -> tuple[Json, list[str]]:
    """Return the source and the splits of a downloaded data set; each split lies there in the study's own columns.

    Where it has train and valid only, its valid is our test, and a valid split is cut from its train by article:
    what is reported must not be what the selection is made on. Where it has train only, both are cut from that.
    """
    held = [split for split in SPLITS if split in dataset.get("files", dataset.get("splits", {}))]
    files = {split: f"{hub_folder('datasets', source['dataset'])}/{split}.parquet" for split in held}
    source = {**source, "columns": {name: name for name in dataset["columns"]}, "hub": source["dataset"]}
    if TEST in held or "split" not in settings:
        return {**source, "files": files}, held
    ours = {"files": {TEST: files[VALID]}} if VALID in held else {}
    whole = {"path": files[TRAIN], **ours, "split": settings["split"]}
    return {**source, **whole}, _cut(settings)


def _cut(settings: Json) -> list[str]:
    """Return the splits that are made of rows in one file."""
    return [TRAIN, VALID, TEST, *([SEEN] if settings.get("split", {}).get(SEEN) else [])]


def _brought(source: Json, own: str, gold: str, splits: list[str]) -> tuple[Json, list[str]]:
    """Return the source and the splits of rows that a user brings: one file, or a bundle of train and test.

    A bundle's test rows are the split test where they have answers, else the split submission.
    """
    bundle = bundle_at(own)
    if bundle is None and Path(own).exists():
        check_ending(own)
    if bundle is None or bundle.test is None:
        return {**source, "path": own if bundle is None else bundle.train}, splits
    answer = source["columns"].get(gold, gold)
    split = TEST if holds_answers(bundle.test, answer) else SUBMISSION
    splits = [*splits, *([SUBMISSION] if split == SUBMISSION else [])]
    return {**source, "path": bundle.train, "files": {split: bundle.test}, "sample": bundle.sample}, splits
