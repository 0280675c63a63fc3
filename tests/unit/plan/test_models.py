"""What a job is told of its model; a job of `selected` takes that from a file and depends on every candidate's."""

import pytest
from plans import Job, plan_for

from kotune.plan import models

OWN = "results/mini/settings/train_adapter/{study}_{model}/model.json"


@pytest.fixture(scope="module")
def plan():
    return plan_for("context-qa")


def job(model):
    return Job(study="context-qa", model=model, arm="clean", seed="42")


def test_a_model_is_told_with_its_path_and_its_familys_demands(plan):
    settings = models.settings(plan, job("long-gemma2"))
    assert settings["name"] == "long-gemma2" and settings["path"] == plan.beside("resources/mini/models/long-gemma2")
    assert settings["family"] == "gemma2" and "required_tokens" in settings


def test_the_selected_model_is_told_by_a_file(plan):
    assert models.settings(plan, job("selected")) is None
    assert models.own_or_selected(plan, job("selected"), OWN, models.model_part) == (
        "results/mini/context-qa/selected/model.json"
    )
    assert models.own_or_selected(plan, job("long-qwen2"), OWN, models.model_part) == (
        "results/mini/settings/train_adapter/context-qa_long-qwen2/model.json"
    )


def test_the_selected_model_depends_on_the_files_of_each_candidate(plan):
    every = models.files(plan, job("selected"))
    assert set(models.files(plan, job("long-qwen2"))) < set(every)
    assert len(every) == 3 * len(plan.studies["context-qa"].models)
    assert len(models.tokenizer_files(plan, job("selected"))) == len(plan.studies["context-qa"].models)


def test_a_hub_model_waits_for_its_snapshot():
    full = plan_for(scale="full", data={"econ-qa": "klue-mrc-news"})
    wildcards = Job(study="econ-qa", model="qwen2.5-3b-instruct")
    snapshot = [full.beside("resources/hub/models/qwen2.5-3b-instruct/snapshot.json")]
    assert models.files(full, wildcards) == models.tokenizer_files(full, wildcards) == snapshot
