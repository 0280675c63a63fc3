"""Jobs of questions on social groups: one a model for requests, and one for the tables; sums are the harness's job."""

import re

import pytest
from plans import Job, plan_for

from kotune.plan import bias, explorer, harness, report

JOB = Job(study="safe-chat", evaluation="kobbq", model="plain-llama")


@pytest.fixture(scope="module")
def plan():
    return plan_for("safe-chat")


def test_requests_are_built_of_the_items_file_and_scored_under_each_arm_and_a_twin(plan):
    asked = bias.building(plan, JOB)
    assert asked["items"] == plan.beside("resources/mini/kobbq/test.tsv.xz") and asked["columns"]["id"] == "sample_id"
    assert bias.files(plan, JOB) == [asked["items"]]
    model = harness.asked_models(plan, JOB)[0]
    scored = harness.scoring(plan, Job(study="safe-chat", evaluation="kobbq", model=model))
    assert {one["arm"] for one in scored["arms"]} == {"base", "tuned"} and len(scored["untrained"]) == 1


def test_one_job_scores_for_the_harness_and_for_these(plan):
    assert re.fullmatch(bias.pattern(plan), "kobbq") and re.fullmatch(bias.scored_pattern(plan), "kobbq")
    assert not re.fullmatch(harness.pattern(plan), "kobbq"), "its data are not prepared as a task's of the harness"


def test_tables_are_made_of_all_arms_and_twins_and_the_report_knows_them(plan):
    asked = bias.tabulating(plan, JOB)
    assert {label["arm"] for label in asked["labels"]} == {"base", "tuned", "untrained"}
    assert "base" in asked["untuned"] and asked["statistics"]["resamples"] > 0
    assert report.of_study(plan, JOB)["bias"][0]["evaluation"] == "kobbq"
    targets = report.paper_targets(plan)
    assert "results/mini/safe-chat/tables/bias-kobbq-orders.json" in targets


def test_the_explorer_shows_each_item_in_the_published_order(plan):
    (study,) = explorer.settings(plan)["studies"]
    (one,) = [one for one in study["sets"] if one["name"] == "kobbq"]
    assert one["ending"] == ":123" and {run["arm"] for run in one["runs"]} == {"base", "tuned", "untrained"}
    assert {path.rsplit("/", 1)[-1] for path in one["records"]} == {"record.json"}
