"""Tables of an evaluation by lm-evaluation-harness: accuracies over floors, all its numbers, what tuning broke, leaks.

Takes settings (`report.settings.harness_of`), statistics.json and its numbers (`report.harness_numbers`); reads and
writes nothing. Protocol, shots and template are in each row's name: rows of two are never compared but in the table
that is about that.
"""

from __future__ import annotations

from collections.abc import Iterator

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.numbers import Numbers
from kotune.printing.table import Cell, Column, Row, Table, bare, build, shown, text
from kotune.report.harness_names import (
    FLOOR_TITLES,
    LEAKS,
    METRICS,
    PROTOCOLS,
    TUNING,
    file_name,
    mean_key,
    pair_key,
    row_name,
    row_title,
    start_of,
    task_title,
)
from kotune.report.titles import INTERVALS

ACC, NORM, F1 = "acc", "acc_norm", "f1"
PROTOCOL_WORDS = {
    "published": "published: prompts, shots and sums as lm-evaluation-harness 0.4.13 has them, in the model's "
    "precision, where exact ties go to the option that is listed first",
    "clean": "clean: the shots of an item are drawn by its own id and are never its own original, particles are right, "
    "sums are of float32",
}  # fmt: skip
FLOORS_NOTE = (
    "Floors know nothing: the option that is gold most often on these items; the option with the fewest tokens; a "
    "model of the same shape with random weights."
)
FAMILY_NOTE = (
    "p, Holm: corrected over all tasks and arms of the row; a word follows from it alone (docs/statistics.md)."
)


def _tasks(settings: Json, statistics: Json) -> list[str]:
    return [*settings["tasks"], *([statistics["group"]] if statistics["group"] else [])]


def _places(settings: Json) -> list[tuple[str, str]]:
    """Return each (model, arm), the base first."""
    return [
        (model, arm) for arm, models in sorted(settings["arms"], key=lambda one: one[0] != BASE) for model in models
    ]


def _models(settings: Json) -> list[str]:
    return list(dict.fromkeys(model for model, _ in _places(settings)))


def _above(statistics: Json) -> dict[tuple[str, str, str, str], bool]:
    return {(one["model"], one["arm"], row_name(one), one["task"]): one["above"] for one in statistics["above"]}


def _protocols(settings: Json, statistics: Json) -> str:
    named = list(dict.fromkeys(row["protocol"] for row in statistics["rows"]))
    told = "; ".join(PROTOCOL_WORDS[name] for name in named)
    return f"{told[0].upper()}{told[1:]}. Data: {settings['dataset'] or 'as the task files say'}."


def tables(settings: Json, statistics: Json, numbers: Numbers) -> list[Table]:
    """Return all tables of an evaluation, in the order of `report.harness_names.table_names`."""
    return [
        first_table(settings, statistics, numbers),
        metrics_table(settings, statistics, numbers),
        tuning_table(settings, statistics, numbers),
        protocols_table(settings, statistics, numbers),
        leaks_table(settings, statistics),
    ]


def first_table(settings: Json, statistics: Json, numbers: Numbers) -> Table:
    """Return accuracies: a row for each arm under a protocol, with so many shots; its floors below it."""
    start, tasks, above = (
        start_of(settings["study"], settings["evaluation"]),
        _tasks(settings, statistics),
        _above(statistics),
    )
    columns = [Column("row", "protocol, shots, template"), Column("model", "model"), Column("arm", "arm")]
    columns += [Column(task, task_title(task), "interval", "accuracy × 100", 1, 100) for task in tasks]
    sections = []
    for row in statistics["rows"]:
        rows: list[Row] = []
        floors = [(model, floor) for model in _models(settings) for floor in FLOOR_TITLES]
        for model, arm in (*_places(settings), *floors):
            told = {"row": text(row_title(row)), "model": text(model), "arm": text(FLOOR_TITLES.get(arm, arm))}
            for column, task in zip(columns[3:], tasks, strict=True):
                key = mean_key(start, arm, model, row_name(row), task, ACC)
                strong = above.get((model, arm, row_name(row), task), False)
                told |= {task: shown(numbers, key, column, strong)} if key in numbers else {}
            rows.append(told)
        sections.append(rows)
    group = f" {statistics['group']}: over all items." if statistics["group"] else ""
    notes = [
        f"{INTERVALS}{group} Strong: higher than every floor by paired tests, corrected over tasks, arms and floors. "
        f"{FLOORS_NOTE} {_protocols(settings, statistics)}",
        *(f"Beware: {said}." for said in settings.get("warnings", ())),
    ]
    return build(
        file_name(settings["evaluation"]), f"{settings['title']}: accuracies and floors", columns, sections, notes
    )


def metrics_table(settings: Json, statistics: Json, numbers: Numbers) -> Table:
    """Return all numbers as the harness gives them, a row each task and arm; and how many items were exact ties."""
    start = start_of(settings["study"], settings["evaluation"])
    columns = [
        Column("row", "protocol, shots, template"), Column("task", "task"), Column("model", "model"),
        Column("arm", "arm"), Column("n", "items", "count"), Column(ACC, "acc", "number"),
        Column(f"{ACC}_stderr", "± stderr", "number"), Column(F1, "macro-F1", "number"),
        Column(NORM, "acc_norm", "number"), Column(f"{NORM}_stderr", "± stderr", "number"),
        Column("ties", "exact ties, %", "number", "", 1, 100),
    ]  # fmt: skip
    by_name = {column.name: column for column in columns}
    sections = []
    for row in statistics["rows"]:
        for task in _tasks(settings, statistics):
            rows: list[Row] = []
            floors = [(model, floor) for model in _models(settings) for floor in FLOOR_TITLES]
            for model, arm in (*_places(settings), *floors):
                keys = {metric: mean_key(start, arm, model, row_name(row), task, metric) for metric in (ACC, F1, NORM)}
                keys |= {f"{metric}_stderr": f"{keys[metric]}.stderr" for metric in (ACC, NORM)}
                keys |= {} if arm in FLOOR_TITLES and arm != "untrained" else {"ties": f"{keys[ACC]}.ties"}
                told = {"row": text(row_title(row)), "task": text(task), "model": text(model)}
                told |= {"arm": text(FLOOR_TITLES.get(arm, arm)), "n": _count(numbers, keys[ACC])}
                told |= {name: shown(numbers, key, by_name[name]) for name, key in keys.items() if key in numbers}
                rows.append(told)
            sections.append(rows)
    notes = [
        "As lm-evaluation-harness counts and rounds: acc takes the option with the highest sum of log-likelihoods, "
        "acc_norm that with the highest sum a character, where the task lists it; of several seeds the mean. Macro-F1 "
        "has no standard error there. Exact ties: items whose highest sum is that of several options."
    ]
    title = f"{settings['title']}: all numbers"
    return build(f"{file_name(settings['evaluation'])}-{METRICS}", title, columns, sections, notes)


def _count(numbers: Numbers, key: str) -> Cell:
    return Cell(numbers[key]["n"], f"{numbers[key]['n']:,}", key)


COMPARED = (
    Column("difference", "difference", "interval", "", 1, 100),
    Column("p", "p", "number"),
    Column("p_holm", "p, Holm", "number"),
    Column("word", "word"),
)


def _compared(numbers: Numbers, key: str) -> dict[str, Cell]:
    """Return the cells of a difference; its p values stand below its key."""
    keys = {"difference": key, "p": f"{key}.p", "p_holm": f"{key}.p_holm"}
    cells = {column.name: shown(numbers, keys[column.name], column) for column in COMPARED if column.name in keys}
    return cells | {"word": text(numbers[key]["verdict"])}


def tuning_table(settings: Json, statistics: Json, numbers: Numbers) -> Table:
    """Return what tuning broke or brought: each arm before and after, and whether it is above its floors."""
    columns = [
        Column("row", "protocol, shots, template"), Column("task", "task"), Column("model", "model"),
        Column("arm", "arm"), Column("before", "before", "number", "", 1, 100),
        Column("after", "after", "number", "", 1, 100), Column("broken", "broken", "count"),
        Column("mended", "mended", "count"), *COMPARED,
        Column("above_before", "before", group="above floors"), Column("above_after", "after", group="above floors"),
    ]  # fmt: skip
    by_name, above = {column.name: column for column in columns}, _above(statistics)
    sections: dict[tuple[str, str], list[Row]] = {}
    for line, key in _pairs(settings, statistics, TUNING):
        a, b, task = line["a"], line["b"], line["task"]
        row = row_name({**line, "protocol": b["protocol"]})
        start = start_of(settings["study"], settings["evaluation"])
        told = {"row": text(row_title({**line, "protocol": b["protocol"]})), "task": text(task)}
        told |= {"model": text(b["model"]), "arm": text(b["arm"]), **_compared(numbers, key)}
        told |= {name: shown(numbers, f"{key}.{name}", by_name[name]) for name in ("broken", "mended")}
        for name, side in (("before", a), ("after", b)):
            mean = mean_key(start, side["arm"], side["model"], row, task, ACC)
            told[name] = shown(numbers, mean, by_name[name])
            told[f"above_{name}"] = text("yes" if above.get((side["model"], side["arm"], row, task)) else "no")
        sections.setdefault((row, b["arm"]), []).append(told)
    notes = [
        "Accuracies × 100 on the same items. Broken: items that went from right to wrong, mended: the other way, over "
        f"all seeds. {INTERVALS} {FAMILY_NOTE} {FLOORS_NOTE}"
    ]
    title = f"{settings['title']}: what tuning broke, and what it brought"
    return build(f"{file_name(settings['evaluation'])}-{TUNING}", title, columns, list(sections.values()), notes)


def _pairs(settings: Json, statistics: Json, claim: str) -> Iterator[tuple[Json, str]]:
    """Yield the comparisons of a kind with the key of each difference, in the order of rows, arms and tasks."""
    start = start_of(settings["study"], settings["evaluation"])
    lines = [line for line in statistics["pairs"] if line["claim"] == claim]
    rows, places = [row_name(row) for row in statistics["rows"]], [*_places(settings)]
    tasks = _tasks(settings, statistics)
    found = []
    for line in lines:
        b = line["b"]
        place = (b["model"], b["arm"])
        whole = row_name({**line, "protocol": b["protocol"]})
        row = row_name({key: line[key] for key in ("shots", "template")}) if claim == PROTOCOLS else whole
        key = pair_key(start, claim, b["arm"], b["model"], row, line["task"])
        order = rows.index(whole), places.index(place) if place in places else len(places), tasks.index(line["task"])
        found.append((order, line, key))
    for _, line, key in sorted(found, key=lambda one: one[0]):
        yield line, key


def protocols_table(settings: Json, statistics: Json, numbers: Numbers) -> Table:
    """Return what the harness's faults change: the same arm under both protocols, and the difference on its items."""
    columns = [
        Column("row", "shots, template"), Column("task", "task"), Column("model", "model"), Column("arm", "arm"),
        Column("published", "published", "number", "", 1, 100), Column("clean", "clean", "number", "", 1, 100),
        *COMPARED,
        Column("published_ties", "published", "number", "exact ties, %", 1, 100),
        Column("clean_ties", "clean", "number", "exact ties, %", 1, 100),
    ]  # fmt: skip
    by_name, start = {column.name: column for column in columns}, start_of(settings["study"], settings["evaluation"])
    sections: dict[tuple[str, str], list[Row]] = {}
    for line, key in _pairs(settings, statistics, PROTOCOLS):
        b, task, asked = line["b"], line["task"], {name: line[name] for name in ("shots", "template")}
        told = {"row": text(row_title(asked)), "task": text(task), "model": text(b["model"]), "arm": text(b["arm"])}
        told |= _compared(numbers, key)
        for protocol in ("published", "clean"):
            mean = mean_key(start, b["arm"], b["model"], row_name({**asked, "protocol": protocol}), task, ACC)
            told[protocol] = shown(numbers, mean, by_name[protocol])
            told[f"{protocol}_ties"] = shown(numbers, f"{mean}.ties", by_name[f"{protocol}_ties"])
        sections.setdefault((row_name(asked), b["arm"]), []).append(told)
    notes = [
        f"Accuracies × 100 on the same items; the difference is clean less published. {INTERVALS} {FAMILY_NOTE} "
        f"{_protocols(settings, statistics)}"
    ]
    title = f"{settings['title']}: published and clean"
    return build(f"{file_name(settings['evaluation'])}-{PROTOCOLS}", title, columns, list(sections.values()), notes)


def leaks_table(settings: Json, statistics: Json) -> Table:
    """Return what of each test stands in its train, from which shots are drawn and arms may have learned."""
    columns = [
        Column("task", "task"), Column("what", "what"), Column("of", "stands in"), Column("test", "rows", "count"),
        Column("rows", "of", "count"), Column("share", "%", "number"),
    ]  # fmt: skip
    sections: dict[str, list[Row]] = {}
    for leak in statistics["leaks"]:
        if not leak["test"] and leak["task"] in sections:
            continue
        told = {"task": text(leak["task"]), "what": text(leak["what"]), "of": text(leak["of"])}
        told["test"] = bare(leak["test"], 0)
        share = 100 * leak["test"] / leak["rows"] if leak["rows"] else None
        sections.setdefault(leak["task"], []).append({**told, "rows": bare(leak["rows"], 0), "share": bare(share, 1)})
    told = "Counted on the data as they are; what was not found at all is left out but for whole texts."
    notes = [f"{told} Data: {settings['dataset'] or 'as the task files say'}."]
    title = f"{settings['title']}: what of each test stands in its train"
    return build(f"{file_name(settings['evaluation'])}-{LEAKS}", title, columns, list(sections.values()), notes)
