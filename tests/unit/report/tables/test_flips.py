"""The table of rows that tuning broke and mended."""

from kotune.printing.numbers import Numbers
from kotune.report.tables.flips import flips_table
from kotune.report.view import Report


def test_each_tuned_model_has_a_row_a_split_and_the_note_says_the_rule(plain):
    table = flips_table(Report(plain.settings, plain.study), Numbers(plain.numbers, "numbers"))
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, (cell.text for cell in row), strict=True)) for row in table.rows]
    assert len(rows) == 2 * 4 and [row["rows"] for row in rows if row["rows"]] == ["test", "test-unseen"]
    for row in rows:
        assert int(row["before"]) - int(row["broken"]) + int(row["mended"]) == int(row["after"])
    assert "The study's own rows: right: exact match is 1." in table.notes[0]


def test_a_study_that_tunes_nothing_has_none(plain):
    arms = {"base": plain.settings["arms"]["base"]}
    settings = {**plain.settings, "arms": arms, "arm_order": ["base"], "ensembles": None}
    table = flips_table(Report(settings, plain.study), Numbers({}, "numbers"))
    assert (table.rows, table.notes) == ((), ())


def test_of_yes_and_no_the_note_says_that_neither_is_better(plain):
    rule = {"metric": "refusal", "at_least": 1.0, "ranked": False, "words": "yes: refusals is 1"}
    settings = {**plain.settings, "right": rule}
    table = flips_table(Report(settings, plain.study), Numbers(plain.numbers, "numbers"))
    assert "read yes for right" in table.notes[0]
