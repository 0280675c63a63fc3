"""The tables of trainings that were watched: each logged step, and what an adapter answered on the way.

Read the adapters' curves (curve.jsonl). Their numbers are a curve's own and have no key in numbers.json.
"""

from __future__ import annotations

from collections.abc import Iterator

from kotune.core.storage import Json, read_jsonl
from kotune.printing.table import Cell, Column, Row, Table, bare, build, text
from kotune.report.view import Report, Treatment

TRAINING = (Column("model", "model"), Column("arm", "arm"), Column("seed", "seed", "count"))
STEP = Column("step", "step", "count")


def _curves(report: Report) -> Iterator[tuple[Treatment, list[Json]]]:
    for treatment in report.trained():
        yield treatment, read_jsonl(report.adapter(treatment) / "curve.jsonl")


def _of(treatment: Treatment) -> dict[str, Cell]:
    """Return the cells that say which training it is."""
    model, arm, seed = treatment
    return {"model": text(model), "arm": text(arm), "seed": bare(seed, 0)}


def _losses(lines: list[Json]) -> list[tuple[int, Json]]:
    """Return (step, what was logged at it) of each step that has a loss, in order."""
    steps: dict[int, Json] = {}
    for line in lines:
        if "loss" in line or "eval_loss" in line:
            steps.setdefault(line["step"], {}).update(line)
    return sorted(steps.items())


def curve_table(report: Report) -> Table:
    """One row a logged step of each training; eval_loss is empty where a step was not evaluated."""
    columns = [
        *TRAINING,
        STEP,
        Column("epoch", "epoch", "number"),
        Column("loss", "loss", "number"),
        Column("eval_loss", "loss on valid", "number"),
    ]
    sections: list[list[Row]] = [
        [
            {
                **_of(treatment),
                "step": bare(step, 0),
                "epoch": bare(line.get("epoch"), 2),
                "loss": bare(line.get("loss"), 4),
                "eval_loss": bare(line.get("eval_loss"), 4),
            }
            for step, line in _losses(lines)
        ]
        for treatment, lines in _curves(report)
    ]
    notes = [
        "Losses are means per answer token: of the steps since the last row that has one, and of all rows of valid."
    ]
    return build("curves", "Training curves", columns, sections, notes)


def samples_table(report: Report) -> Table:
    """What each training's adapter answered to the first rows of valid, at each evaluation."""
    columns = [STEP, *TRAINING, Column("id", "row"), Column("gold", "gold answer"), Column("answer", "answer")]
    sections: list[list[Row]] = [
        [
            {
                **_of(treatment),
                "step": bare(line["step"], 0),
                **{name: text(sample[name]) for name in ("id", "gold", "answer")},
            }
            for sample in line.get("samples", [])
        ]
        for treatment, lines in _curves(report)
        for line in lines
    ]
    return build("samples", "Answers on the way of a training", columns, sections)
