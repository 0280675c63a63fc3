"""Jobs of lm-evaluation-harness: one for the data, one a model for requests and for sums, one for the tables."""

import pytest
from changed_study import rewritten
from checkout import ROOT
from plans import Job
from studies import configuration, copied

from kotune.core.errors import UserError
from kotune.plan import harness, report, start

JOB = Job(study="econ-qa", evaluation="kobest", model="tiny-eeve")


def plan_of(root, arms=("base", "qlora"), study="econ-qa", **change):
    if not (root / "config").exists():
        copied(root)
        (root / "resources").symlink_to(ROOT / "resources")
        (root / "paper").symlink_to(ROOT / "paper")
    rewritten(root / f"config/studies/{study}.yaml", lambda file: file.update(evaluations={"kobest": list(arms)}))
    rewritten(root / "config/evaluations/kobest.yaml", lambda file: file["harness"].update(change))
    return start.plan_of(configuration(studies=[study]), ROOT, root)


@pytest.fixture
def plan(tmp_path):
    return plan_of(tmp_path)


def test_data_are_read_from_the_stand_in_at_a_scale_of_stand_ins(plan):
    asked = harness.preparing(plan, JOB)
    assert asked["source"] == {"folder": plan.beside("resources/mini/benchmark")} and len(asked["tasks"]) == 5
    assert any(path.endswith("WiC/test.tsv.xz") for path in harness.data_files(plan, JOB))


def test_a_model_is_scored_once_for_all_its_arms_and_seeds_and_its_twin_without_training(plan):
    asked = harness.scoring(plan, JOB)
    assert [(one["arm"], one["seed"]) for one in asked["arms"]] == [("base", 42), ("qlora", 42)]
    assert asked["arms"][0]["adapter"] is None and asked["arms"][1]["adapter"].endswith(
        "adapters/tiny-eeve/qlora/seed42"
    )
    assert asked["untrained"] == [42]
    assert [path for path in harness.adapters(plan, JOB) if path.endswith(".safetensors")] == [
        "results/mini/econ-qa/adapters/tiny-eeve/qlora/seed42/adapter_model.safetensors"
    ]


def test_requests_need_a_model_only_where_a_chat_template_is_put_around(plan, tmp_path):
    assert harness.template_model(plan, JOB) is None and harness.model_option(plan, JOB, "model.json") == ""
    assert harness.tokenizer_files(plan, JOB) == []
    chat = plan_of(tmp_path, template="chat")
    assert harness.template_model(chat, JOB)["name"] == "tiny-eeve"
    assert harness.model_option(chat, JOB, "{study}/model.json") == "--model econ-qa/model.json"
    assert len(harness.tokenizer_files(chat, JOB)) == 1


def test_tables_are_made_of_all_models_their_twins_and_the_arms_that_are_asked(plan):
    models = harness.asked_models(plan, JOB)
    asked = harness.tabulating(plan, JOB)
    assert {label["model"] for label in asked["labels"] if label["arm"] == "untrained"} == set(models)
    assert len(harness.requests(plan, JOB)) == len(harness.records(plan, JOB)) == len(models)
    assert "base" in asked["untuned"] and harness.chosen(plan, JOB) == []
    assert "results/mini/econ-qa/tables/harness-kobest-tuning.html" in report.targets(plan)


def test_the_arm_of_the_selected_model_takes_its_settings_from_the_file_that_names_it(tmp_path):
    plan = plan_of(tmp_path, ("base", "clean"), "context-qa")
    job = Job(study="context-qa", evaluation="kobest", model="selected")
    assert harness.chosen(plan, job) == harness.selected_file(plan, job)
    assert harness.model_option(plan, job, "own.json") == ""
    assert harness.scoring(plan, job)["arms"][0]["arm"] == "clean"


def test_a_study_that_asks_no_task_has_no_such_job():
    plan = start.plan_of(configuration(studies=["econ-qa"]), ROOT)
    assert (
        harness.pattern(plan) == "nothing"
        and not any("harness" in path for path in report.targets(plan))
        and harness.check(plan) == []
    )


def test_a_task_that_is_not_there_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(UserError, match="kobest.yaml, harness: lm-eval has no task 'kobest_boolqs'; did you mean"):
        plan_of(tmp_path, tasks=["kobest_boolqs"])
