"""Quality: how a study's rows are rated, and rowsets that are chosen by it (`quality`, and `of` of a rowset).

Takes a study's settings; reads and writes nothing. Refused at the start are features of programs where rows are no
programs, ratings of a study that rates nothing, rows that are chosen of chosen ones.
"""

from __future__ import annotations

import os
from pathlib import Path

from kotune.core.catalogue import entry, named, present
from kotune.core.errors import UserError, nearest
from kotune.core.names import TRAIN
from kotune.core.storage import Json
from kotune.hub.code_host import downloaded
from kotune.rows.task import DEFAULT, task_named
from kotune.study.choices import CHOOSE, OF, chosen
from kotune.study.origins import hub_folder
from kotune.study.permitted import check_learning
from kotune.study.quality_facts import NEAR_DUPLICATE
from kotune.study.wording import prompt_content

KEY, FILTER, ADD = "quality", "filter", "add"
LABELS = ("labels", "second_labels")  # keys that name labels of rows; the first are learned
CODE = "code"  # the task whose rows are programs
DEFAULTS = {"threshold": 3, "held_out": 0.1, "seed": 42, "most_complex": 10, "near": 0.8}
CLUSTERS, MOST_ALIKE = 16, 0.9
OF_LABELS = {"id": "id", "value": "value"}  # what a file of labels calls its columns, if nothing is said


def rated(given: Json) -> bool:
    """Return whether a rowset needs ratings or features."""
    return FILTER in given or given.get(CHOOSE, {}).get("by") in ("quality", "deita")


def with_defaults(quality: Json) -> Json:
    """Return what a study says of quality, with what holds if it says nothing."""
    return {**DEFAULTS, **quality}


def complexity_of(settings: Json) -> str:
    """Return what counts as a row's complexity: that of its program, or of other rows how hard its answer is."""
    return "complexity" if settings.get("task", DEFAULT) == CODE else "ifd"


def check_quality(where: str, settings: Json, datasets: Json, stand_ins: bool, root: Path) -> None:
    """Raise UserError for ratings and choices that cannot be; ``where``: the study's file.

    ``datasets``: the catalogue's; ``stand_ins``: whether the scale replaces data sets.
    """
    if KEY in settings:
        _check_rating(f"{where}, {KEY}", settings, root)
    for name, given in chosen(settings).items():
        place = f"{where}, rowset '{name}'"
        _check_chosen(place, given, settings)
        for one in given.get(ADD, ()):
            if one == settings["dataset"]:
                raise UserError(f"{place}, add: '{one}' is the study's own data set; name another one")
            added_rows(one, settings, datasets, stand_ins, f"{place}, add")


def _check_rating(place: str, settings: Json, root: Path) -> None:
    quality, models, task = settings[KEY], settings["candidates"], task_named(settings.get("task", DEFAULT))
    rowset = entry(settings["rowsets"], quality["rowset"], "rowset", f"{place}.rowset")
    if OF in rowset or "from" in rowset:
        raise UserError(f"{place}.rowset: '{quality['rowset']}' is made of another one's rows; name an ordinary rowset")
    named_labels = {key: quality[key] for key in LABELS if key in quality}
    columns = {f"{key}.column": given.get("column") for key, given in named_labels.items()}
    columns |= {key: quality.get(key) for key in ("truth", "topic")}
    for key, column in columns.items():
        known = [*task.labels, *task.names]
        if column is not None and column not in known:
            raise UserError(f"{place}.{key}: rows of the task have no column '{column}'{nearest(column, known)}")
    for key, given in named_labels.items():
        for column in OF_LABELS:
            if column in given and "path" not in given:
                raise UserError(
                    f"{place}.{key}.{column}: it names a column of a file; name the file by 'path', or drop it"
                )
        if "path" in given:
            present(Path(root, os.path.expanduser(given["path"])), f"{place}.{key}")
    if quality.get(LABELS[1]) == quality["labels"]:
        raise UserError(f"{place}.{LABELS[1]}: these are the labels that are learned; name another source, or drop it")
    if "published" in quality and "filters" not in named("published", quality["published"], "published", root):
        raise UserError(f"{place}.published: '{quality['published']}' has no figures of filters; name another file")
    if "ifd" in quality:
        prompt_content(quality["ifd"]["prompt"], root)
    model = quality.get("ifd", {}).get("model", models[0])
    if model not in models:
        raise UserError(f"{place}.ifd.model: '{model}' is not a candidate{nearest(model, models)}")


def _check_chosen(place: str, given: Json, settings: Json) -> None:
    of = entry(settings["rowsets"], given[OF], "rowset", f"{place}, of")
    if OF in of or "from" in of:
        raise UserError(f"{place}, of: '{given[OF]}' is made of another one's rows; choose from an ordinary rowset")
    if rated(given) and KEY not in settings:
        raise UserError(f"{place}: nothing rates the rows; say how by the study's key '{KEY}'")
    if rated(given) and settings[KEY]["rowset"] != given[OF]:
        raise UserError(
            f"{place}, of: the rows that are rated are those of '{settings[KEY]['rowset']}'; choose from them"
        )
    if "topic_share" in given.get(FILTER, {}) and "topic" not in settings[KEY]:
        raise UserError(f"{place}, filter.topic_share: no column holds topics; name one by {KEY}.topic")
    if settings.get("task", DEFAULT) != CODE:
        for feature in given.get(FILTER, {}).get("without", ()):
            if feature != NEAR_DUPLICATE:
                raise UserError(f"{place}, filter.without: '{feature}' is a feature of programs; drop it")
        if given.get(CHOOSE, {}).get("by") == "deita" and "ifd" not in settings[KEY]:
            raise UserError(
                f"{place}, choose.by: deita needs a complexity, which of rows that are no programs is the "
                f"instruction-following difficulty; ask for it by {KEY}.ifd"
            )
    for key, method in (("clusters", "diversity"), ("most_alike", "deita")):
        if key in given.get(CHOOSE, {}) and given[CHOOSE]["by"] != method:
            raise UserError(f"{place}, choose.{key}: only '{method}' has it; take it away")


def added_rows(name: str, settings: Json, datasets: Json, stand_ins: bool, where: str) -> Json:
    """Return where the train rows of a data set that is added are: ``{"dataset", "columns", "path", "hub"?, "own"?}``.

    At a scale of stand-ins, where they must be fetched or brought, those of its stand-in. UserError for rows of another
    task, and for those that nobody can find.
    """
    dataset, task = entry(datasets, name, "dataset", where), task_named(settings.get("task", DEFAULT))
    check_learning(name, dataset, where)
    if stand_ins and (downloaded(dataset) or not ("files" in dataset or "path" in dataset)):
        if "stand_in" not in dataset:
            raise UserError(f"{where}: the data set '{name}' names no stand_in for this scale")
        name = dataset["stand_in"]
        dataset = entry(datasets, name, "dataset", f"{where}, stand-in")
    if "columns" not in dataset:
        raise UserError(f"{where}: '{name}' has no rows of its own (a mixture or a benchmark); name a data set of rows")
    missing = [one for one in (*task.names, task.gold) if one not in dataset["columns"] and one not in task.optional]
    if missing:
        raise UserError(f"{where}: the rows of '{name}' have no column '{missing[0]}', which the study's task needs")
    found = {"dataset": name, "columns": dataset["columns"]}
    if downloaded(dataset) and "path" not in dataset:
        columns = {column: column for column in dataset["columns"]}
        return {**found, "columns": columns, "path": f"{hub_folder('datasets', name)}/{TRAIN}.parquet", "hub": name}
    path = dataset.get("path") or dataset.get("files", {}).get(TRAIN)
    if not isinstance(path, str):
        raise UserError(f"{where}: the rows of '{name}' must be brought by you; name their file by 'path' of it")
    return {**found, "path": path, **({"own": True} if "path" in dataset else {})}
