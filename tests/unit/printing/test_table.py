"""Tables: each cell stands under its column's name, each number traces to its key, the best of a column is strong."""

from __future__ import annotations

import pytest

from kotune.core.errors import UserError
from kotune.printing.numbers import Numbers
from kotune.printing.table import EMPTY, Column, bare, build, shown, shown_at, shown_below, text, with_best

NUMBERS = Numbers(
    {
        "s.a": {"value": 0.25, "text": "0.250", "low": -0.1, "high": 0.5, "low_text": "-0.100", "high_text": "0.500"},
        "s.b": {"value": 12345, "text": "12,345"},
    },
    "numbers.json",
)


def test_a_row_with_a_column_that_the_table_has_not_is_a_fault():
    with pytest.raises(ValueError, match="table t: there is no column 'losss'; did you mean 'loss'"):
        build("t", "", [Column("loss", "loss")], [[{"losss": text("1")}]])


def test_what_a_row_leaves_out_is_empty_and_sections_have_lines_between_them():
    columns = [Column("a", "a"), Column("b", "b")]
    found = build("t", "", columns, [[], [{"b": text("1")}, {}], [], [{"b": text("2"), "a": text("3")}], []])
    assert [[cell.text for cell in row] for row in found.rows] == [["", "1"], ["", ""], ["3", "2"]]
    assert found.rules == {2}


def test_a_number_is_shown_as_it_was_gathered_or_as_its_column_says():
    cell = shown(NUMBERS, "s.a", Column("a", "a", "interval"))
    assert (cell.key, cell.text, cell.low_text, cell.high_text) == ("s.a", "0.250", "-0.100", "0.500")
    percent = shown(NUMBERS, "s.a", Column("a", "a", "interval", digits=1, times=100))
    assert (percent.value, percent.text, percent.low_text, percent.high_text) == (25.0, "25.0", "-10.0", "50.0")
    assert shown(NUMBERS, "s.a", Column("a", "a", "number")).low is None, "only a column of intervals shows them"


def test_a_number_without_a_key_is_shown_with_fixed_digits_and_none_is_empty():
    assert (bare(0.5, 2).text, bare(1, 1, sign=True).text, bare(None, 2)) == ("0.50", "+1.0", EMPTY)


def test_numbers_stand_under_the_columns_that_are_named():
    columns = [Column("b", "b", "count"), Column("a", "a", "interval")]
    assert {name: cell.text for name, cell in shown_at(NUMBERS, columns, {"a": "s.a"}).items()} == {"a": "0.250"}
    with pytest.raises(UserError, match="numbers.json: there is no number 's.c'"):
        shown_at(NUMBERS, columns, {"a": "s.c"})


def test_numbers_are_found_below_a_key_and_only_required_ones_are_missed():
    columns = [Column("who", "who"), Column("a", "a", "interval"), Column("c", "c", "number")]
    assert {name: cell.key for name, cell in shown_below(NUMBERS, columns, "s").items()} == {"a": "s.a"}
    with pytest.raises(UserError, match="there is no number 's.c'"):
        shown_below(NUMBERS, columns, "s", required=["c"])


def test_the_best_of_a_column_is_strong_and_ties_are_by_what_is_printed():
    entries = {
        str(place): {"value": value, "text": f"{value:.3f}"} for place, value in enumerate((0.5, 0.9001, 0.9002))
    }
    column = Column("a", "a", "number")
    rows = [{"a": shown(Numbers(entries, ""), key, column)} for key in entries]
    assert [row["a"].strong for row in with_best(rows, ["a"])] == [False, True, True]
    assert not any(row["a"].strong for row in with_best(rows[1:], ["a"])), "where all are alike none is the best"


def test_of_a_column_where_less_is_better_the_lowest_value_is_the_best():
    rows = [{"a": bare(0.1, 1), "b": bare(0.1, 1)}, {"a": bare(0.2, 1), "b": bare(0.2, 1)}]
    marked = with_best(rows, ["a", "b"], lowest=["b"])
    assert [(row["a"].strong, row["b"].strong) for row in marked] == [(False, True), (True, False)]
