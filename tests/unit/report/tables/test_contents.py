"""The tables of a study: all there in every format, each number with its records, equal bytes for equal inputs."""

from __future__ import annotations

import fake_reports
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.printing.numbers import read_numbers
from kotune.printing.table_files import WRITERS
from kotune.report.tables.contents import CHOICE_TABLES, TABLES, table_names, tables_of
from kotune.report.view import Report


def test_every_table_is_there_in_every_format(hostile):
    wanted = {f"{name}.{ending}" for name in TABLES for ending in WRITERS}
    assert {path.name for path in (hostile.study / "tables").iterdir()} == wanted


def test_a_table_is_called_by_the_name_of_its_entry(plain):
    numbers, costs = (read_numbers(plain.root / path) for path in (fake_reports.NUMBERS, fake_reports.COSTS))
    report = Report({**plain.settings, "published": None}, plain.study)
    assert [table.name for table in tables_of(report, numbers, costs)] == list(TABLES)


def test_a_study_that_chooses_its_model_has_the_tables_of_the_choice(plain):
    assert table_names(plain.report) == tuple(TABLES)
    assert table_names(Report({**plain.settings, "choice": True}, plain.study)) == (*TABLES, *CHOICE_TABLES)


def test_each_table_has_a_caption_in_the_html_report():
    captions = {path.stem.removeprefix("table-") for path in (ROOT / "workflow/report").glob("table-*.rst")}
    assert {*TABLES, *CHOICE_TABLES} <= captions


def test_every_cell_with_a_number_traces_to_its_records(hostile):
    known = hostile.numbers | hostile.costs
    cells = 0
    for name in TABLES:
        document = read_json(hostile.study / "tables" / f"{name}.json")
        for row in document["rows"]:
            for column, cell in zip(document["columns"], row, strict=True):
                if column["kind"] != "text" and cell:
                    assert known[cell["key"]]["records"], (name, cell)
                    cells += 1
    assert cells > 500


def test_a_missing_number_fails_with_its_key(plain, tmp_path):
    made = plain.copied(tmp_path / "copy")
    made.change(fake_reports.NUMBERS, lambda numbers: numbers.pop("econ-qa.base.tiny-eeve.test.char_f1"))
    with pytest.raises(UserError, match=r"numbers.json: there is no number 'econ-qa.base.tiny-eeve.test.char_f1'"):
        made.make_tables()


def test_equal_inputs_give_equal_bytes(hostile, tmp_path):
    before = {path.name: path.read_bytes() for path in (hostile.study / "tables").iterdir()}
    again = hostile.copied(tmp_path / "elsewhere").make_tables()
    assert {path.name: path.read_bytes() for path in again.iterdir()} == before
