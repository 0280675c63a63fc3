"""The table of outcomes: counts of how programs ended, or a line where there are none."""

from __future__ import annotations

from kotune.printing.numbers import Numbers, count, outcomes_key
from kotune.report.tables.outcomes import NOTHING, outcomes_table
from kotune.report.view import Report


def test_a_study_without_programs_says_so(plain):
    table = outcomes_table(Report(plain.settings, plain.study), Numbers(plain.numbers, "numbers"))
    assert table.rows == () and table.notes == (NOTHING,)


def test_each_arm_shows_how_often_what_happened(plain):
    key = outcomes_key("econ-qa", "tiny-gemma2", "qlora", "test")
    numbers = {f"{key}.passed": count(7, []), f"{key}.time": count(2, [])}
    table = outcomes_table(Report(plain.settings, plain.study), Numbers(numbers, "numbers"))
    (row,) = table.rows
    shown = {column.name: cell.text for column, cell in zip(table.columns, row, strict=True)}
    assert (shown["arm"], shown["passed"], shown["failed"]) == ("qlora", "7", "")


def test_other_evaluations_stand_below(plain):
    key = outcomes_key("econ-qa", "tiny-gemma2", "qlora", "test")
    other = outcomes_key("econ-qa", "tiny-gemma2", "qlora", "test", "practice")
    settings = {**plain.settings, "evaluations": [{"name": "practice", "splits": ["test"], "arms": ["qlora"]}]}
    numbers = Numbers({f"{key}.passed": count(7, []), f"{other}.failed": count(3, [])}, "numbers")
    rows = outcomes_table(Report(settings, plain.study), numbers).rows
    assert [[cell.text for cell in row[:5]] for row in rows] == [
        ["test", "tiny-gemma2", "qlora", "7", ""], ["practice, test", "tiny-gemma2", "qlora", "", "3"]
    ]  # fmt: skip
