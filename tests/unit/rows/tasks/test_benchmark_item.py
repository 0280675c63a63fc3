"""The task benchmark-item is a text as a benchmark asks it, and its right answer, white space included."""

from kotune.rows.tasks.benchmark_item import TASK


def test_an_item_has_a_text_an_answer_and_what_asked_it():
    assert TASK.columns(False) == ("id", "text", "answer")
    assert (TASK.together, TASK.unit, TASK.labels) == ("text", "item", ("kind",))
