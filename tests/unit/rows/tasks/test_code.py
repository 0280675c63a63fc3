"""The task code: Alpaca's columns, with tests that nobody is asked or shown."""

from kotune.rows.task import learned_columns, read_columns, shown
from kotune.rows.tasks.code import TASK


def test_tests_are_neither_asked_nor_learned_nor_shown():
    assert TASK.columns(False) == ("id", "instruction", "input", "output")
    assert learned_columns(TASK) == {"gold": "output", "reasoning": None}
    assert "tests" in TASK.labels and "tests" not in str(shown(TASK)) + str(read_columns(TASK))
