"""Samples lie by model, arm and seed; a training learns those of its own model and seed and is watched on other rows."""

import dataclasses
import re

import pytest
from plans import Job, plan_for
from sampling import sampling

from kotune.plan import paths, prompts, samples, training

STUDY = "results/mini/econ-qa"
MADE = {"study": "econ-qa", "sampled": "kept", "model": "tiny-gemma2", "arm": "qlora", "seed": "42"}


@pytest.fixture
def plan(tmp_path):
    return dataclasses.replace(plan_for(), studies={"econ-qa": sampling(tmp_path, at_least=0.5)})


def test_they_are_made_of_answers_and_scores_and_of_nothing_that_is_evaluated(plan):
    job = Job(MADE)
    assert samples.rows(plan, job) == [f"{STUDY}/rows/again/test.parquet"]
    assert samples.answers(plan, job) == f"{STUDY}/answers/again/tiny-gemma2/qlora/seed42.jsonl"
    assert samples.scores(plan, job) == f"{STUDY}/scores/again/tiny-gemma2/qlora/seed42.jsonl"
    assert samples.held(plan, job)[0] == f"{STUDY}/rows/all/valid.parquet"
    assert samples.settings(plan, job) == {"gold": "answer", "metric": "exact_match", "at_least": 0.5}
    assert samples.pattern(plan) == "kept"


def test_a_training_learns_the_samples_of_its_model_and_seed(plan):
    job = Job(study="econ-qa", model="tiny-gemma2", arm="again", seed="7")
    learned = training.prompts(plan, job, "train")
    assert learned == f"{STUDY}/prompts/tiny-gemma2/kept/qlora/seed7/econ-qa.clean/train.parquet"
    assert training.prompts(plan, job, "valid") == f"{STUDY}/prompts/tiny-gemma2/all/econ-qa.clean/valid.parquet"
    rowset = learned.removeprefix(f"{STUDY}/prompts/tiny-gemma2/").partition("/econ-qa.clean")[0]
    assert re.fullmatch(paths.constraints(plan)["rowset"], rowset)
    rendered = Job(study="econ-qa", model="tiny-gemma2", rowset=rowset, prompt="econ-qa.clean")
    assert prompts.rows(plan, rendered)[0] == f"{STUDY}/rows/kept/tiny-gemma2/qlora/seed7/train.parquet"
    assert not re.fullmatch(paths.constraints(plan)["rowset"], "kept"), "it is prepared from no data set"


def test_an_arm_of_other_rows_learns_those(plan):
    job = Job(study="econ-qa", model="tiny-gemma2", arm="qlora", seed="7")
    assert training.prompts(plan, job, "train") == f"{STUDY}/prompts/tiny-gemma2/all/econ-qa.clean/train.parquet"
