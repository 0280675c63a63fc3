"""What each script of the report is said to read is all that it reads."""

from __future__ import annotations

import fake_reports
import pytest

from kotune.printing.table_files import WRITERS
from kotune.report.inputs import figures_inputs, numbers_inputs, paper_inputs, tables_inputs
from kotune.report.tables.contents import TABLES
from kotune.report.view import Report


def test_numbers_are_gathered_from_the_declared_inputs_alone(plain, tmp_path):
    made = plain.with_only(numbers_inputs(plain.report), tmp_path)
    assert made.gather() == plain.numbers


def test_tables_are_made_from_the_declared_inputs_alone(hostile, tmp_path):
    files = [*tables_inputs(hostile.report), fake_reports.NUMBERS, fake_reports.COSTS]
    assert len(list(hostile.with_only(files, tmp_path).make_tables().iterdir())) == len(TABLES) * len(WRITERS)


def test_tables_of_answers_that_marks_cut_read_no_more(real, tmp_path):
    files = [*tables_inputs(real.report), fake_reports.NUMBERS, fake_reports.COSTS]
    made = real.with_only(files, tmp_path)
    made.make_tables()
    assert made.table("cleanup") == real.table("cleanup")


@pytest.mark.parametrize("inputs", [numbers_inputs, tables_inputs, figures_inputs])
def test_every_declared_input_is_there(plain, inputs):
    files = inputs(plain.report)
    assert files
    assert [path for path in files if not (plain.root / path).is_file()] == []


def test_the_paper_reads_every_table_of_the_study(plain):
    chosen = Report({**plain.settings, "choice": True}, plain.report.folder)
    one, other = (set(paper_inputs(report)) for report in (plain.report, chosen))
    assert {f"{fake_reports.STUDY}/tables/{name}.json" for name in TABLES} <= one
    assert f"{fake_reports.STUDY}/tables/census.json" in other - one
    assert f"{fake_reports.STUDY}/figures/census.svg" in other - one


def test_a_model_whose_parameters_are_known_need_not_be_weighed(plain):
    first, *others = plain.settings["models"]
    known = Report({**plain.settings, "models": [{**first, "parameters": 9_242_000_000}, *others]}, plain.report.folder)
    weights = f"{first['path']}/model.safetensors"
    assert weights in numbers_inputs(plain.report)
    assert weights not in numbers_inputs(known)


def test_scores_of_evaluations_that_run_programs_are_declared_once(plain):
    asked = [{"name": name, "splits": ["test"], "arms": ["base"]} for name in ("practice", "plain")]
    asked[0]["programs"] = ["pass_at_1"]
    files = numbers_inputs(Report({**plain.settings, "evaluations": asked}, plain.report.folder))
    found = [path for path in files if "/scores/practice/" in path]
    assert len(found) == len(plain.report.treatments("base")) > 0 and all(path.endswith(".jsonl") for path in found)
    assert len(files) == len(set(files)) and not any("/scores/plain/" in path for path in files)
