"""Repeats: rows that equal an earlier one."""

import polars as pl

from kotune.rows.audit import Exclusions
from kotune.rows.repeats import distinct
from kotune.rows.task import task_named


def test_a_row_that_equals_an_earlier_one_is_left_out_and_counted():
    rows = {
        "id": ["a", "b", "c"],
        "instruction": ["가", "가", "가"],
        **{name: ["", "", ""] for name in ("input", "system", "history")},
        "output": ["나", "나", "다"],
        "article": ["x", "x", "x"],
    }
    exclusions = Exclusions()
    kept = distinct(pl.DataFrame(rows), "test", exclusions, task_named("chat"))
    assert kept["id"].to_list() == ["a", "c"]
    assert exclusions.found["exact duplicate of an earlier row"]["splits"] == {"test": 1}
