"""The tables and the figure of trainings that were watched."""

from __future__ import annotations

import fake_results
import pytest

from kotune.core.storage import read_jsonl, write_jsonl
from kotune.printing.figure_style import house_style
from kotune.printing.table_files import to_csv, write_table
from kotune.report import figures
from kotune.report.gather.effort import training as training_numbers
from kotune.report.tables import watched
from kotune.report.view import Report

SAMPLES = [{"id": "valid-0", "answer": "=금리", "gold": "물가"}, {"id": "valid-1", "answer": "", "gold": "고용"}]


@pytest.fixture
def report(tmp_path):
    settings, folder = fake_results.make(tmp_path)
    return Report(settings, folder)


def watch(report):
    """Give the first training's curve evaluations and samples; return whose it is."""
    first = report.trained()[0]
    path = report.adapter(first) / "curve.jsonl"
    lines = [{"step": 0, "epoch": 0, "eval_loss": 4.5}, {"step": 0, "samples": SAMPLES}]
    for line in read_jsonl(path):
        lines.append(line)
        if line["step"] % 20 == 0:
            lines.append({"step": line["step"], "epoch": line["epoch"], "eval_loss": 3.0})
            lines.append({"step": line["step"], "samples": SAMPLES})
    write_jsonl(path, lines)
    return first


def values(table):
    return [[cell.value for cell in row] for row in table.rows]


def test_one_row_a_logged_step(report):
    model, arm, seed = watch(report)
    table = watched.curve_table(report)
    assert [column.name for column in table.columns] == ["model", "arm", "seed", "step", "epoch", "loss", "eval_loss"]
    rows = [row for row in values(table) if row[:3] == [model, arm, seed]]
    assert [row[3] for row in rows] == [0, *range(5, 65, 5)]
    assert rows[0][4:] == [0, None, 4.5]
    assert [row[3] for row in rows if row[6] is not None] == [0, 20, 40, 60]
    assert all(row[5] is not None for row in rows[1:])
    assert len(table.rows) == 13 + 12 * (len(report.trained()) - 1)


def test_one_row_a_sample(report, tmp_path):
    assert watched.samples_table(report).rows == ()
    model, arm, seed = watch(report)
    table = watched.samples_table(report)
    assert [column.name for column in table.columns] == ["step", "model", "arm", "seed", "id", "gold", "answer"]
    assert values(table)[1] == [0, model, arm, seed, "valid-1", "고용", ""]
    assert [row[0] for row in values(table)] == [0, 0, 20, 20, 40, 40, 60, 60]
    assert "=금리" not in to_csv(table).split(",")  # an answer is no formula
    write_table(tmp_path / "tables", table)


def test_numbers_of_a_training_do_not_depend_on_its_being_watched(report):
    known = _Any()
    before = training_numbers(report, known)
    watch(report)
    assert training_numbers(report, known) == before


class _Any(dict):
    def __missing__(self, key):
        return {"value": 1, "records": []}


def test_the_figure_shows_valid_dashed_in_the_same_colour(report):
    def lines():
        with house_style():
            figure = figures.training_curves(report)
        return figure, [line for axis in figure.axes for line in axis.get_lines() if len(line.get_xdata())]

    figure, plain = lines()
    assert figure.axes[0].get_ylabel() == "training loss per answer token"
    assert "valid" not in [text.get_text() for text in figure.legends[0].get_texts()]
    watch(report)
    figure, drawn = lines()
    assert len(drawn) == len(plain) + 1
    (valid,) = [line for line in drawn if list(line.get_xdata()) == [0, 20, 40, 60]]
    assert valid.get_color() == drawn[drawn.index(valid) - 1].get_color()
    assert valid.get_linestyle() == "--"
    assert "valid" in [text.get_text() for text in figure.legends[0].get_texts()]
