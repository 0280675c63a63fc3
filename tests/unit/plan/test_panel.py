"""Jobs of one model's panel: its answers are listed beside the rows, rendered, answered as any arm, then counted."""

import re

import pytest
from plans import Job, plan_for

from kotune.plan import answers, panel, paths, prompts, report

OURS, THEIRS = "results/mini/econ-qa-tries", "results/mini/econ-qa"
JOB = Job(study="econ-qa-tries", model="tiny-eeve", arm="own_choice", seed="42", evaluation="own", listed="all")


@pytest.fixture(scope="module")
def plan():
    return plan_for("econ-qa-tries")


def test_listed_answers_are_those_of_the_arms_in_their_order_shared_ones_where_they_lie(plan):
    assert panel.listed_answers(plan, JOB) == [
        f"{THEIRS}/answers/own/tiny-eeve/qlora/seed42.jsonl",
        f"{OURS}/answers/own/tiny-eeve/expert/seed42.jsonl",
        f"{OURS}/answers/own/tiny-eeve/steps/seed42.jsonl",
    ]
    assert panel.listed_rows(plan, JOB)[0].startswith(f"{THEIRS}/rows/all/")


def test_its_prompts_are_of_the_seed_whose_answers_they_show(plan):
    (first, *_) = answers.prompts(plan, JOB)
    folder = f"{OURS}/prompts/tiny-eeve/all/own_choice/seed42/econ-qa.choosing"
    assert first == f"{folder}/valid.parquet"
    found = re.fullmatch(f"{OURS}/prompts/(?P<model>[^/]+)/(?P<rowset>{paths.rowset_pattern(plan.every)})/(?P<prompt>.+)", folder)  # fmt: skip
    assert found["rowset"] == "all/own_choice/seed42" and found["prompt"] == "econ-qa.choosing"
    job = Job(study="econ-qa-tries", model="tiny-eeve", rowset=found["rowset"], prompt=found["prompt"])
    assert f"{OURS}/rows/all/tiny-eeve/own_choice/seed42/test.parquet" in prompts.rows(plan, job)
    assert prompts.rendering(plan, job)["prompt"]["variant"] == "choosing"


def test_tables_read_the_answers_of_the_prompts_the_choice_and_the_models_beside(plan):
    (one,) = panel.tabulating(plan, JOB)["of_models"]
    (seed,) = one["seeds"]
    assert one["model"] == "tiny-eeve" and len(seed["prompts"]) == len(seed["models"]) == 3
    assert seed["choice"] == f"{OURS}/answers/own/tiny-eeve/own_choice/seed42.jsonl"
    assert len(panel.answers(plan, JOB)) == 6, "the tuned model's own answer is a prompt's and a model's"
    assert not any("valid" in path for path in panel.reported_rows(plan, JOB))


def test_the_report_has_its_tables_and_lists_no_prompt_that_differs_by_seed(plan):
    assert f"{OURS}/tables/panel-compared.json" in report.paper_targets(plan)
    told = report.report_of(plan, "econ-qa-tries")
    prompts_of = {prompt for _, _, prompt in told.prompts()}
    assert "econ-qa.choosing" not in prompts_of and "econ-qa.expert" in prompts_of
