"""What the report's scripts read, and what a run without a target makes."""

from dataclasses import replace

import pytest
import studies
from changed_study import rewritten
from plans import Job, plan_for

from kotune.core.errors import UserError
from kotune.core.storage import write_json
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


def priced(root, price):
    """Return the plan of a copy whose T4 has a price."""
    studies.copied(root)
    rewritten(root / "config/cards.yaml", lambda document: document["cards"]["T4 16 GB"].update(price=price))
    return replace(plan_for(), root=root)


def test_a_report_is_told_of_cards_where_one_has_a_price(plan, tmp_path):
    price = {"an_hour": 0.5, "currency": "USD", "source": "a bill", "date": "2026-01-31"}
    assert "cards" not in report.of_studies(plan)["econ-qa"]
    said = report.of_studies(priced(tmp_path, price))["econ-qa"]
    assert said["cards"]["T4 16 GB"] == {"match": ["T4"], "price": price}
    assert said["cards"]["L4 24 GB"] == {"match": ["L4"]} and "rehearsals" not in said


@pytest.mark.parametrize(
    ("price", "fault"),
    [
        ({"an_hour": 0.5, "currency": "USD", "source": "a bill"}, "'cards.T4 16 GB.price'.*date"),
        ({"an_hour": 0, "currency": "USD", "source": "a bill", "date": "2026-01-31"}, "an_hour"),
        ({"hour": 1, "an_hour": 1, "currency": "USD", "source": "a bill", "date": "2026-01-31"}, "did you mean 'an_hour'"),
    ],
)  # fmt: skip
def test_a_price_says_who_asks_it_and_when(tmp_path, price, fault):
    with pytest.raises(UserError, match=f"config/cards.yaml: .*{fault}"):
        report.of_studies(priced(tmp_path, price))


def test_rehearsals_that_are_there_stand_beside_their_trainings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = "results/rehearsal/econ-qa/rehearsal/qwen2.5-3b-instruct/qlora.json"
    write_json(tmp_path / path, {})
    full = plan_for(scale="full", data={"econ-qa": "klue-mrc-news"})
    assert report.of_studies(full)["econ-qa"]["rehearsals"] == {"qwen2.5-3b-instruct/qlora": path}
    assert path in inputs.numbers_inputs(report.report_of(full, "econ-qa"))
    assert "rehearsals" not in report.of_studies(plan_for())["econ-qa"], "nobody rehearses mini"
