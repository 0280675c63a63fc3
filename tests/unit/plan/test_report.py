"""What the report's scripts read, and what a run without a target makes."""

import pytest
from plans import Job, plan_for

from kotune.plan import report
from kotune.report import inputs

STUDY = Job(study="econ-qa")
FIRST = ["results/mini/paper.pdf", "results/mini/numbers.json", "results/mini/costs.json"]


@pytest.fixture(scope="module")
def plan():
    return plan_for()


def test_a_run_without_a_target_makes_paper_tables_and_figures(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = report.targets(plan)
    assert made[:3] == FIRST
    assert "results/mini/econ-qa/tables/tuned.csv" in made and "results/mini/econ-qa/figures/baseline.svg" in made
    assert not any("/answers/" in path or "/scores/" in path for path in made), "numbers.json asks for them"


def test_answers_and_scores_that_were_lost_are_made_again(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept = tmp_path / "results/mini/econ-qa/answers/own/tiny-eeve/qlora/seed42.jsonl"
    kept.parent.mkdir(parents=True)
    kept.write_text("")
    (tmp_path / "results/mini/numbers.json").write_text("{}")
    made = report.targets(plan)
    assert "results/mini/econ-qa/answers/own/tiny-eeve/qlora/seed42.jsonl" not in made
    assert "results/mini/econ-qa/answers/own/tiny-eeve/qlora/seed42.record.json" in made
    assert "results/mini/econ-qa/scores/own/ensemble/majority/seed42.jsonl" in made


def test_a_rehearsal_makes_its_table_alone():
    made = report.targets(plan_for(scale="rehearsal"))
    assert {path.rpartition("/")[2].partition(".")[0] for path in made} == {"rehearsal"}


def test_a_script_names_no_file_twice(plan):
    behind = set(inputs.numbers_inputs(report.report_of(plan, "econ-qa")))
    files = report.besides_numbers(plan, STUDY, inputs.tables_inputs)
    assert behind.isdisjoint(files)
    numbers = report.of_all_studies(plan, STUDY, inputs.numbers_inputs)
    answers = "results/mini/econ-qa/answers/own/tiny-eeve/qlora/seed42"
    assert f"{answers}.jsonl" in numbers and f"{answers}.record.json" not in numbers


def test_the_paper_is_told_its_scale_and_studies(plan):
    asked = report.paper(plan)
    assert asked["scale"] == "mini" and [one["study"] for one in asked["studies"]] == ["econ-qa"]
    assert plan.beside("paper/paper.typ") in report.paper_source(plan)
    assert all(path.endswith(".json") for path in report.kept_measurements(plan))


def test_no_submission_is_written_where_every_row_has_its_answer(plan):
    assert report.submission_targets(plan) == []


def test_the_record_of_an_adapter_that_is_there_is_made_again(tmp_path, monkeypatch):
    plan = plan_for()
    monkeypatch.chdir(tmp_path)
    record = "results/mini/econ-qa/adapters/tiny-qwen2/qlora/seed42/record.json"
    assert record not in report.paper_targets(plan)
    folder = tmp_path / record
    folder.parent.mkdir(parents=True)
    (folder.parent / "adapter_model.safetensors").write_bytes(b"")
    assert record in report.paper_targets(plan)
    folder.write_text("{}")
    assert record not in report.paper_targets(plan)
