"""How answers ended, in one narrow column and as counts, and what became of rows that somebody was not asked."""

import pytest

from kotune.printing.numbers import Numbers, count
from kotune.report.tables import answered


def numbers(policy="zero", compared=23, unasked=0):
    counts = {"asked": 16, "cut_off": 2, "empty": 1}
    entries = {f"s.answered.base.m.test.{name}": count(value, ["r"], n=23) for name, value in counts.items()}
    facts = {"n": 23, "unasked": unasked, "policy": policy}
    return Numbers({**entries, "s.compared.test": count(compared, ["r"], **facts)}, "numbers.json")


def test_a_page_has_one_column_and_programs_three_more():
    columns = answered.columns("test_", "test")
    assert [(column.name, column.printed) for column in columns] == [
        ("test_answers", True), ("test_asked", False), ("test_cut_off", False), ("test_empty", False)
    ]  # fmt: skip
    cells = answered.cells(numbers(), "test_", "s.answered.base.m.test")
    assert cells["test_answers"].text == "16 / 2 / 1"
    assert [cells[f"test_{name}"].value for name in answered.COUNTS] == [16, 2, 1]
    assert all(cell.key.startswith("s.answered.base.m.test.") for cell in cells.values())


@pytest.mark.parametrize(
    ("policy", "compared", "unasked", "begins", "ends"),
    [
        ("zero", 23, 0, "test: n = 23. Answers:", "is too long for a model is not asked."),
        ("zero", 23, 2, "test: n = 23. Answers:", "is not asked, and counts 0 for that model."),
        ("leave_out", 23, 0, "test: n = 23. Answers:", "is too long for a model is not asked."),
        ("leave_out", 16, 2, "test: n = 16 of 23. Answers:", "not asked: rows that somebody was not asked are left out "
         "for everybody."),
    ],
)  # fmt: skip
def test_a_note_says_how_many_rows_there_are_and_what_became_of_the_others(policy, compared, unasked, begins, ends):
    said = answered.note(numbers(policy, compared, unasked), "s", ["test"])
    assert said.startswith(begins) and said.endswith(ends)
    assert answered.note(numbers(), "s", ["test"], {"test": " (5 premises)"}).startswith("test: n = 23 (5 premises).")
