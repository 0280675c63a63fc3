"""Mixtures: a data set of the catalogue that is made of parts, each another data set of it with a weight or a cap.

Takes the checked configuration; reads and writes nothing. At a scale of stand-ins each part is replaced by the stand-in
of its own data set, so that weights, filters and transforms are the mixture's at any scale.
"""

from __future__ import annotations

import os
from typing import Any

from kotune.core.catalogue import entry
from kotune.core.errors import UserError, nearest
from kotune.core.names import TRAIN, UNIT
from kotune.core.storage import Json
from kotune.hub.code_host import downloaded
from kotune.rows.chats import ASSISTANT, USER
from kotune.rows.speakers import MARKS
from kotune.rows.task import NAMES, dotted, task_named
from kotune.study.permitted import check_learning

MIXTURE = "mixture"  # the source of a data set that is one, and the key that says of what
TASK = "chat"  # what a mixture's rows are
ROWS, TOKENS = "rows", "tokens"
SEED = 42  # of what is drawn, where a mixture names none
WHERE = "config/datasets.yaml"


def is_mixture(dataset: Json) -> bool:
    """Return whether an entry of the catalogue is a mixture."""
    return dataset.get("source") == MIXTURE


def mixture_at(name: str, task: str, datasets: Json, stand_ins: bool, folder: Any) -> Json:
    """Return a mixture as the rule that makes its rows is told of it; its parts in their order.

    ``task``: of the study. ``stand_ins``: whether the scale replaces data sets. ``folder``: gives the folder of a
    snapshot of the hub by the data set's name. Raises UserError, naming the part, for what cannot be mixed.
    """
    given, where = datasets[name][MIXTURE], f"{WHERE}, data set '{name}'"
    if task != TASK:
        raise UserError(f"{where}: a mixture's rows are of the task '{TASK}', the study's are of '{task}'")
    _check_once(given["parts"], where)
    parts = [
        _part_at(part, said, given, datasets, stand_ins, folder, f"{where}, part '{part}'")
        for part, said in given["parts"].items()
    ]
    near = {"near": given["near"]} if "near" in given else {}
    return {"weights": given["weights"], "seed": given.get("seed", SEED), **near, "parts": parts}


def _check_once(parts: Json, where: str) -> None:
    """Raise UserError for two parts of one data set that nothing parts: the second would be duplicates alone."""
    seen: dict[str, str] = {}
    for part, said in parts.items():
        # an instruction that is inserted makes no other row
        parted = said.get("transform", {}).get("conversation")
        rows = repr((said["dataset"], said.get("filters"), said.get("columns"), parted))
        if rows in seen:
            raise UserError(
                f"{where}, part '{part}': has the rows of part '{seen[rows]}' ('{said['dataset']}', alike filtered), "
                "and duplicates are left out; give one part the weight of both, or filters that part them"
            )
        seen[rows] = part


def _part_at(name: str, said: Json, given: Json, datasets: Json, stand_ins: bool, folder: Any, where: str) -> Json:
    """Return one part: where its rows are, under which names, and what becomes of them."""
    dataset = entry(datasets, said["dataset"], "dataset", where)
    if is_mixture(dataset):
        raise UserError(f"{where}: '{said['dataset']}' is a mixture itself; name its parts instead")
    if "columns" not in dataset:
        raise UserError(
            f"{where}: '{said['dataset']}' is a benchmark, whose tasks have no rows of '{TASK}'; take it away"
        )
    check_learning(said["dataset"], dataset, where)
    _check_filters(said.get("filters", {}), where)
    _check_columns(said["dataset"], dataset, said, where)
    _check_weight(said, dataset, given, where)
    called, replaced = said["dataset"], stand_ins and (downloaded(dataset) or "files" not in dataset)
    if replaced and "stand_in" not in dataset:
        raise UserError(f"{where}: the data set '{called}' names no stand_in for this scale")
    if replaced:
        called, dataset = dataset["stand_in"], entry(datasets, dataset["stand_in"], "dataset", where)
        _check_columns(called, dataset, said, where)
    held = {key: said[key] for key in ("weight", "cap", "redraw_each_epoch", "filters") if key in said}
    return {
        "name": name,
        "dataset": called,
        **({} if "cap" in held else {"weight": 1}),
        **held,
        **_transform(said.get("transform", {})),
        "columns": _columns(dataset, said),
        **_rows_of(called, dataset, folder, where),
        **({"stand_in": True} if replaced else {}),
    }


def _check_filters(said: Json, where: str) -> None:
    """Raise UserError for filters that no answer passes."""
    least, most = said.get("min_answer_chars", 0), said.get("max_answer_chars")
    if most is not None and least > most:
        raise UserError(
            f"{where}, filters: min_answer_chars {least:,} is above max_answer_chars {most:,}: no row is left"
        )


def _rows_of(name: str, dataset: Json, folder: Any, where: str) -> Json:
    """Return the file of a part's rows, and the name of the data set whose download makes it, if any."""
    if downloaded(dataset) and "path" not in dataset:
        return {"path": f"{folder(name)}/{TRAIN}.parquet", "hub": name}
    path = dataset.get("path") or dataset.get("files", {}).get(TRAIN)
    if not isinstance(path, str):
        how = dataset.get("how_to_get", f"name its file by 'path' in {WHERE}")
        raise UserError(f"{where}: the rows of '{name}' must be brought by you. {how}")
    return {"path": os.path.expanduser(path), "own": "path" in dataset}


def _transform(said: Json) -> Json:
    """Return what becomes of each row of a part, with what is not said filled in."""
    found: Json = {}
    if "conversation" in said:
        marks = {USER: said["conversation"].get("user"), ASSISTANT: said["conversation"].get("assistant")}
        marks = {role: mark or MARKS[role] for role, mark in marks.items()}
        found["conversation"] = {"column": said["conversation"]["column"], "marks": marks}
    if "instruction" in said:
        found["instruction"] = {"text": said["instruction"], "probability": said["instruction_probability"]}
    return found


def _columns(dataset: Json, said: Json) -> Json:
    """Return the task's columns as the part's file calls them; a download has the names of the catalogue's entry.

    A part's own `columns` map the task's name to that of the entry.
    """
    theirs = {ours: ours if downloaded(dataset) else place for ours, place in dataset["columns"].items()}
    return theirs | {ours: theirs[name] for ours, name in said.get("columns", {}).items()}


def _check_columns(name: str, dataset: Json, said: Json, where: str) -> None:
    """Raise UserError for a data set whose rows are not of the mixture's task, and for columns that are not there."""
    task, held = task_named(TASK), dataset["columns"]
    known = (*task.columns(True), *task.labels, UNIT)
    for ours, theirs in said.get("columns", {}).items():
        if ours not in known:
            raise UserError(f"{where}, columns: the task '{TASK}' has no column '{ours}'{nearest(ours, known)}")
        if theirs not in held:
            raise UserError(f"{where}, columns: '{name}' has no column '{theirs}'{nearest(theirs, held)}")
    conversation = said.get("transform", {}).get("conversation")
    if conversation is not None:
        if conversation["column"] not in held:
            hint = nearest(conversation["column"], held)
            raise UserError(
                f"{where}, transform.conversation.column: '{name}' has no column '{conversation['column']}'{hint}"
            )
        return
    mapped = {*held, *said.get("columns", {})}
    missing = [column for column in (task.together, task.gold) if column not in mapped]
    if not missing:
        return
    others = [other for other in NAMES if other != TASK and _fits(other, held)]
    whose = f"its rows are of the task '{others[0]}', and a mixture's of '{TASK}'" if others else "it cannot be mixed"
    raise UserError(
        f"{where}: the data set '{name}' has no column '{missing[0]}' ({', '.join(held)}); {whose}: map its columns by "
        "'columns', part a conversation by 'transform.conversation', or take the part away"
    )


def _fits(name: str, held: Json) -> bool:
    """Return whether columns are those of a task."""
    task = task_named(name)
    return all(column in held for column in (*task.names, task.gold) if column not in task.optional)


def _check_weight(said: Json, dataset: Json, given: Json, where: str) -> None:
    """Raise UserError for a cap above the rows that the catalogue knows of, and for a redraw that draws nothing."""
    rows = dataset.get("splits", {}).get(TRAIN)
    if given["weights"] == ROWS and rows and said.get("cap", 0) > rows:
        raise UserError(
            f"{where}, cap: {said['cap']:,} is above the {rows:,} rows that '{said['dataset']}' has; lower it, or take "
            "it away"
        )
    if not said.get("redraw_each_epoch"):
        return
    if given["weights"] == TOKENS:
        raise UserError(f"{where}, redraw_each_epoch: each epoch has as many rows; set the mixture's weights to rows")
    if said.get("weight", 1) >= 1:
        raise UserError(
            f"{where}, redraw_each_epoch: a weight of {said.get('weight', 1):g} takes every row in each epoch; lower "
            "it below 1, or take redraw_each_epoch away"
        )


def redrawn(mixture: Json) -> Json:
    """Return which parts are drawn again in each epoch, with the share of their rows; nothing where none is."""
    shares = {one["name"]: one["weight"] for one in mixture["parts"] if one.get("redraw_each_epoch")}
    return {"seed": mixture["seed"], "parts": shares} if shares else {}


def check_rowsets(where: str, rowsets: Json, mixture: Json | None) -> None:
    """Raise UserError for a rowset that takes a part which the rows have not. ``mixture``: None if they are none."""
    known = [part["name"] for part in mixture["parts"]] if mixture else []
    for name, said in rowsets.items():
        for part in said.get("parts", ()):
            if mixture is None:
                raise UserError(
                    f"{where}, rowsets.{name}.parts: the rows are no mixture and have no parts; take the key away, or "
                    "the arms with this rowset"
                )
            if part not in known:
                raise UserError(
                    f"{where}, rowsets.{name}.parts: the mixture has no part '{part}'{nearest(part, known)}"
                )


def source_of(name: str, mixture: Json, settings: Json, study: str) -> Json:
    """Return where a study's rows come from that are a mixture: its file is made before rows are prepared."""
    if "split" not in settings:
        raise UserError(f"config/studies/{study}.yaml: the rows of a mixture need the key 'split' (shares by question)")
    task = task_named(TASK)
    columns = {column: column for column in (*task.columns(False), UNIT)}
    repeats = any(one.get("weight", 1) > 1 for one in mixture["parts"])
    return {
        "dataset": name,
        "task": dotted(TASK),
        "columns": columns,
        "split": settings["split"],
        MIXTURE: mixture,
        **({"repeats": True} if repeats else {}),
    }
