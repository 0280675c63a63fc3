"""The tables of trainings that were watched: each logged step, and what an adapter answered on the way.

Read the adapters' curves (curve.jsonl). Their numbers are a curve's own and have no key in numbers.json.
"""

from __future__ import annotations

from collections.abc import Iterator

from kotune.core.storage import Json, read_jsonl
from kotune.printing.table import Cell, Column, Table, bare, build, text
from kotune.report.view import Report, Treatment


def _curves(report: Report) -> Iterator[tuple[Treatment, list[Json]]]:
    for treatment in report.trained():
        yield treatment, read_jsonl(report.adapter(treatment) / "curve.jsonl")


def curve_table(report: Report) -> Table:
    """One row a logged step of each training; eval_loss is empty where a step was not evaluated."""
    columns = [
        Column("model", "model"),
        Column("arm", "arm"),
        Column("seed", "seed", "count"),
        Column("step", "step", "count"),
        Column("epoch", "epoch", "number"),
        Column("loss", "loss", "number"),
        Column("eval_loss", "loss on valid", "number"),
    ]
    rows: list[list[Cell]] = []
    rules = []
    for (model, arm, seed), lines in _curves(report):
        rules += [len(rows)] if rows else []
        steps: dict[int, Json] = {}
        for line in lines:
            if "loss" in line or "eval_loss" in line:
                steps.setdefault(line["step"], {}).update(line)
        for step, line in sorted(steps.items()):
            losses = [bare(line.get(name), 4) for name in ("loss", "eval_loss")]
            who = [text(model), text(arm), bare(seed, 0)]
            rows.append([*who, bare(step, 0), bare(line.get("epoch"), 2), *losses])
    notes = [
        "Losses are means per answer token: of the steps since the last row that has one, and of all rows of valid."
    ]
    return build("curves", "Training curves", columns, rows, notes, rules)


def samples_table(report: Report) -> Table:
    """What each training's adapter answered to the first rows of valid, at each evaluation."""
    columns = [
        Column("step", "step", "count"),
        Column("model", "model"),
        Column("arm", "arm"),
        Column("seed", "seed", "count"),
        Column("id", "row"),
        Column("gold", "gold answer"),
        Column("answer", "answer"),
    ]
    rows: list[list[Cell]] = []
    rules = []
    for (model, arm, seed), lines in _curves(report):
        for line in lines:
            found = line.get("samples", [])
            rules += [len(rows)] if rows and found else []
            who = [bare(line["step"], 0), text(model), text(arm), bare(seed, 0)]
            rows += [[*who, *(text(sample[name]) for name in ("id", "gold", "answer"))] for sample in found]
    return build("samples", "Answers on the way of a training", columns, rows, (), rules)
