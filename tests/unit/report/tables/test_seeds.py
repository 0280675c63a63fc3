"""The table of seeds: each training's number, their standard deviation, and what stands where there is one seed."""

from __future__ import annotations

from kotune.printing.numbers import Numbers
from kotune.report.tables.seeds import ONE, seeds_table
from kotune.report.view import Report


def test_one_seed_says_what_intervals_do_not_cover(plain):
    table = seeds_table(Report(plain.settings, plain.study), Numbers(plain.numbers, "numbers"))
    assert table.rows == () and table.notes == (ONE,)


def test_each_seed_has_its_column(plain):
    settings = {**plain.settings, "arms": {**plain.settings["arms"]}}
    settings["arms"]["qlora"] = {**settings["arms"]["qlora"], "seeds": [1, 2]}
    numbers = dict(plain.numbers)
    key = "econ-qa.qlora.tiny-gemma2.test.char_f1"
    for name, value in (("seed1", 0.7), ("seed2", 0.9), ("seed_sd", 0.141)):
        numbers[f"{key}.{name}"] = {"value": value, "text": str(value), "records": []}
    table = seeds_table(Report(settings, plain.study), Numbers(numbers, "numbers"))
    (row,) = table.rows
    shown = {column.name: cell.text for column, cell in zip(table.columns, row, strict=True)}
    assert (shown["seed1"], shown["seed2"], shown["seed_sd"]) == ("0.7", "0.9", "0.141")
    assert shown["mean"] == numbers[key]["text"] and shown["of"] == "tiny-gemma2 qlora"
