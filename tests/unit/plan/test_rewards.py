"""Trainings that learn from rewards: which rows they answer, what they are told, and what cannot be."""

import dataclasses

import pytest
from plans import Job, plan_for
from sampling import AGAIN, sampling

from kotune.core.errors import UserError
from kotune.plan import preferences, rewards, start, training
from kotune.report.settings import preferring, rewarding
from kotune.rows.task import task_named
from kotune.sandbox import running

STUDY = "results/mini/econ-qa"
JOB = Job(study="econ-qa", model="tiny-gemma2", arm="rl", seed="7")


def practising(folder, reward="exact_match", method="grpo", evaluation=AGAIN, task=None, **arm):
    """Return econ-qa with an arm that learns from rewards; ``task``: of the rows that it answers."""
    study = sampling(folder, evaluation=evaluation, at_least=0.5)
    recipe = {**study.arms["qlora"]["recipe"], "method": method, "arguments": {"reward": reward}}
    treatment = {**study.arms["qlora"], "from": "qlora", "recipe": recipe, "practice": "again", **arm}
    if task:
        asked = dataclasses.replace(study.evaluations["again"], task=task_named(task))
        study = dataclasses.replace(study, evaluations={**study.evaluations, "again": asked})
    return dataclasses.replace(study, arms={**study.arms, "rl": treatment})


def plan_of(study):
    return dataclasses.replace(plan_for(), studies={"econ-qa": study})


def test_it_answers_the_rows_of_the_evaluation_that_it_names(tmp_path):
    study = practising(tmp_path)
    asked = study.evaluations["again"]
    asked = dataclasses.replace(asked, generation={**asked.generation, "cleanup": {"cut_at": ["#"]}})
    plan = plan_of(dataclasses.replace(study, evaluations={**study.evaluations, "again": asked}))
    assert training.prompts(plan, JOB, "train") == f"{STUDY}/prompts/tiny-gemma2/again/econ-qa.clean/test.parquet"
    assert training.rows(plan, JOB) == [f"{STUDY}/rows/again/test.parquet"]
    assert training.held(plan, JOB)[0] == f"{STUDY}/rows/all/valid.parquet"
    told = training.recipe(plan, JOB)["rewarded"]
    assert told == {
        "name": "exact_match",
        "function": "kotune.scoring.metrics.text.exact_match",
        "gold": "answer",
        "needs": ["answer"],
        "cleanup": {"cut_at": ["#"]},
    }
    hashed = training.modules(plan, JOB)
    assert {"kotune.training.methods.grpo", "kotune.scoring.metrics.text.exact_match"} <= set(hashed)


def test_without_one_it_answers_the_rows_that_its_arm_would_learn(tmp_path):
    study = practising(tmp_path)
    own = {key: value for key, value in study.arms["rl"].items() if key != "practice"}
    plan = plan_of(dataclasses.replace(study, arms={**study.arms, "rl": own}))
    assert training.prompts(plan, JOB, "train") == f"{STUDY}/prompts/tiny-gemma2/all/econ-qa.clean/train.parquet"
    assert training.rows(plan, JOB) == [f"{STUDY}/rows/all/train.parquet"]
    assert training.held(plan, JOB) == []
    sampled = dataclasses.replace(study, arms={**study.arms, "rl": {**own, "learns": "kept"}})
    assert training.rows(plan_of(sampled), JOB) == [f"{STUDY}/rows/kept/tiny-gemma2/qlora/seed7/train.parquet"]


def test_a_report_knows_whose_loss_is_none_of_answer_tokens(tmp_path):
    study = practising(tmp_path)
    assert (rewarding(study), preferring(study)) == (["rl"], [])
    plan, job = plan_of(study), Job(study="econ-qa")
    first = preferences.rewarded(plan, job)["trainings"][0]
    assert first["folder"] == f"{STUDY}/adapters/{first['model']}/rl/seed{first['seed']}"
    assert preferences.rewarded_curves(plan, job)[:2] == [
        f"{first['folder']}/{of}" for of in ("curve.jsonl", "record.json")
    ]


def test_other_methods_are_told_nothing_and_look_at_no_rows(tmp_path):
    plan = plan_of(practising(tmp_path))
    job = Job({**JOB, "arm": "qlora"})
    assert training.rows(plan, job) == []
    assert "rewarded" not in training.recipe(plan, job)


def test_passing_looks_at_the_tests_of_a_row(tmp_path):
    study = practising(tmp_path, reward="pass_at_1", task="code")
    rewards.check(study, "rl")
    assert rewards.told(study, "rl")["needs"] == ["tests", "entry_point"]


def test_rewards_and_rows_that_cannot_be_are_refused(tmp_path):
    def refused(said, number, **given):
        with pytest.raises(UserError, match=f"studies/econ-qa.yaml, arm 'rl', {said}"):
            rewards.check(practising(tmp_path / str(number), **given), "rl")

    refused("reward of its recipe: unknown metric 'pass_at_2'.*pass_at_", 1, reward="pass_at_2")
    refused(
        "reward of its recipe: 'pass_at_1' runs tests, and the rows that it answers have none", 2, reward="pass_at_1"
    )
    refused("reward of its recipe: 'similarity' needs embedder, which a training has not", 3, reward="similarity")
    refused("key 'practice': unknown evaluation 'agian'.*'again'", 4, practice="agian")
    refused("key 'practice': unknown evaluation 'own'", 5, practice="own")
    refused("key 'practice': its method 'sft' answers no rows", 6, method="sft")


def test_an_evaluation_of_several_splits_is_refused(tmp_path):
    study = practising(tmp_path)
    asked = dataclasses.replace(study.evaluations["again"], splits=["valid", "test"])
    study = dataclasses.replace(study, evaluations={**study.evaluations, "again": asked})
    with pytest.raises(UserError, match="'again' asks rows of valid and test; name an evaluation of one split"):
        rewards.check(study, "rl")


def test_a_reward_alone_makes_a_study_need_isolation(tmp_path, monkeypatch):
    plain = practising(tmp_path / "plain")
    passing = practising(tmp_path / "passing", reward="pass_at_1", task="code")
    monkeypatch.setattr(running, "refusal", lambda: "bubblewrap is not here")
    left, out = start.isolated({"plain": plain, "passing": passing})
    assert list(left) == ["plain"]
    assert out == {"passing": "bubblewrap is not here"}
    with pytest.raises(UserError, match="passing: bubblewrap is not here"):
        start.isolated({"passing": passing})
