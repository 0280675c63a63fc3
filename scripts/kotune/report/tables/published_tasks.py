"""The table of published accuracies of several tasks: exact counts, reruns, tests of the counts, and our own run.

Reads numbers and the document of config/published/; see `report.inputs.tables_inputs`.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.printing.numbers import Numbers
from kotune.printing.table import Cell, Column, Row, Table, build, shown, text
from kotune.report.gather.published import score_key
from kotune.report.gather.published_tasks import counted, our_key, own_cards, rerun
from kotune.report.view import Report


def table(report: Report, numbers: Numbers, document: Json) -> Table:
    """Return a row for each published accuracy whose counts are known, by model and task."""
    ours = any(our_key(report, document, score) in numbers for score in counted(document)) and not report.stand_ins
    columns = [
        Column("model", "model"), Column("task", "task"), Column("right", "right", "count", "published"),
        Column("rows", "of", "count", "published"), Column("published", "accuracy", "number", "published"),
        Column("stderr", "± stderr", group="published"), Column("own_card", "its own card", group="published"),
        Column("items", "items", "number", "against the base, unpaired"),
        Column("difference", "difference", "interval", "against the base, unpaired"),
        Column("p", "p", "number", "against the base, unpaired"),
        Column("p_holm", "p, Holm", "number", "against the base, unpaired"),
        Column("word", "word", group="against the base, unpaired"),
        *([Column("ours", "accuracy", "interval", "here", 4), Column("off", "less published", "number", "here"),
           Column("within", "a rerun's noise", group="here")] if ours else []),
        Column("source", "source", printed=False), Column("mark", "mark", printed=False),
    ]  # fmt: skip
    sections: dict[str, list[Row]] = {}
    for score in counted(document):
        row = _row(report, numbers, document, columns, score, ours)
        sections.setdefault(score["model"], []).append(row)
    title = "Published accuracies, what their counts show, and what was reproduced"
    return build("published", title, columns, list(sections.values()), _notes(report, document))


def _row(report: Report, numbers: Numbers, document: Json, columns: list[Column], score: Json, ours: bool) -> Row:
    by_name, key = {column.name: column for column in columns}, score_key(report, score)
    flag = " (confounded)" if score["model"] in document["tasks"].get("confounded", {}) else ""
    cells: dict[str, Cell] = {"model": text(f"{score['model']}{flag}"), "task": text(score["task"])}
    cells["right"] = shown(numbers, f"{key}.right", by_name["right"])
    cells["rows"] = Cell(score["rows"], f"{score['rows']:,}")
    cells["published"] = shown(numbers, key, by_name["published"])
    cells["stderr"] = text(f"{score['stderr']:.4f}" if "stderr" in score else "")
    cells["own_card"] = text(", ".join(f"{other['value']:.{other['digits']}f}" for other in own_cards(document, score)))
    cells |= {"source": text(score["source"]), "mark": text(score["mark"])}
    base = f"{key}.minus_base"
    if base in numbers:
        items = numbers[base]["items"]
        cells["items"] = Cell(items, f"{items:+d}" if items else "0")
        cells["difference"] = shown(numbers, base, by_name["difference"])
        cells |= {name: shown(numbers, f"{base}.{name}", by_name[name]) for name in ("p", "p_holm")}
        cells["word"] = text(numbers[base]["verdict"])
    if ours and f"{key}.difference" in numbers:
        cells["ours"] = shown(numbers, our_key(report, document, score), by_name["ours"])
        cells["off"] = shown(numbers, f"{key}.difference", by_name["off"])
        cells["within"] = text(numbers[f"{key}.difference"]["within"])
    return cells


def _notes(report: Report, document: Json) -> list[str]:
    told = document["tasks"]
    bands = ", ".join(f"{100 * share:g} points on {task}" for task, share in told["rerun"].items() if task != "default")
    tasks = dict.fromkeys(score["task"] for score in counted(document))
    widest = 100 * max(rerun(document, task) for task in tasks)
    notes = [
        f"{document['title']}. Right: calculated from the printed value. Only counts are known, not which items were "
        "right, so models are compared unpaired (Fisher's exact test, Newcombe's interval; p corrected over the tasks "
        "of a model): a paired test of the same items would see smaller differences. Two runs of one model differ by "
        f"up to {100 * told['rerun']['default']:g} points{f', {bands}' if bands else ''}: what is within that "
        f"(at most {widest:g}) is a rerun's noise."
    ]
    notes += [f"Confounded: {model}: {why}." for model, why in told.get("confounded", {}).items()]
    if report.stand_ins:
        notes.append("At this scale stand-ins take the models' places, so that nothing was reproduced.")
    return notes
