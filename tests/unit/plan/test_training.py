"""What a training is asked: its prompts, its recipe, its cards; and what makes it run again."""

import pytest
from plans import Job, plan_for

from kotune.plan import training

TUNED = Job(study="econ-qa", model="tiny-eeve", arm="qlora", seed="42")


@pytest.fixture(scope="module")
def plan():
    return plan_for()


def test_it_learns_the_prompts_of_its_arm(plan):
    folder = "results/mini/econ-qa/prompts/tiny-eeve/all/econ-qa.clean"
    assert training.prompts(plan, TUNED, "train") == f"{folder}/train.parquet"
    assert training.prompts(plan, TUNED, "valid") == f"{folder}/valid.parquet"


def test_its_recipe_has_the_scales_steps(plan):
    recipe = training.recipe(plan, TUNED)
    assert recipe["lora"]["r"] > 0 and recipe["trainer"]["max_steps"] == plan.lens["trainer"]["max_steps"]


def test_a_method_that_the_recipe_names_is_part_of_the_trainings_code(plan):
    arm = plan.studies["econ-qa"].arms["qlora"]
    assert training.modules(plan_with(plan, {**arm["recipe"], "method": "dpo"}), TUNED) == [
        "kotune.training.methods.dpo"
    ]


def test_a_training_reads_the_adapter_that_it_starts_from(plan):
    assert training.start(plan, TUNED) == training.start_files(plan, TUNED) == []
    later = plan_for()
    arms = later.studies["econ-qa"].arms
    arms["again"] = {**arms["qlora"], "from": "qlora"}
    folder = "results/mini/econ-qa/adapters/tiny-eeve/qlora/seed42"
    assert training.start(later, Job(TUNED, arm="again")) == [folder]
    assert f"{folder}/adapter_model.safetensors" in training.start_files(later, Job(TUNED, arm="again"))


def plan_with(plan, recipe):
    """Return a plan whose arm qlora has another recipe."""
    copy = plan_for()
    copy.studies["econ-qa"].arms["qlora"]["recipe"] = recipe
    return copy


def test_jobs_take_cards_where_the_scale_has_gpus(plan):
    assert training.cards(plan, TUNED) == 0
    full = plan_for(scale="full", data={"econ-qa": "klue-mrc-news"})
    assert training.cards(full, Job(TUNED, model="qwen2.5-3b-instruct")) == 1


def test_the_winner_is_tuned_once_its_settings_are_there():
    plan = plan_for("context-qa")
    wildcards = Job(study="context-qa", model="selected", arm="clean", seed="42")
    assert training.selected_file(plan, wildcards) == ["results/mini/context-qa/selected/model.json"]
    assert training.selected_file(plan, Job(wildcards, model="long-qwen2")) == []


def test_where_a_curve_is_mirrored_is_told_apart_from_the_recipe(plan):
    online = plan_for(tracking="offline")
    assert training.tracking_mode(online, TUNED) == "offline"
    assert training.recipe(online, TUNED) == training.recipe(plan, TUNED)
