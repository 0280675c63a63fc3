"""What an evaluation asks, and that paths, rows, prompts and metrics of jobs follow from it."""

import dataclasses

import pytest
from plans import Job, plan_for

from kotune.plan import answers, evaluations, paths, scores


@pytest.fixture(scope="module")
def plan():
    return plan_for()


def test_a_studys_own_rows_are_its_evaluation_own(plan):
    study = plan.studies["econ-qa"]
    own = evaluations.evaluation_of(study)
    assert evaluations.evaluations(study) == ["own"] == [own.name]
    assert (own.rowset, own.prompt, own.metrics) == ("all", None, study.settings["metrics"])
    assert (own.answered, own.evaluated, own.skipped) == (study.answered, study.evaluated, {})


def test_splits_without_gold_answers_are_skipped(plan):
    own = evaluations.evaluation_of(plan.studies["econ-qa"])
    with_submission = dataclasses.replace(own, answered=[*own.answered, "submission"])
    assert with_submission.skipped == {"skip_splits": ["submission"]}


def test_jobs_of_another_evaluation_take_its_rows_prompt_and_metrics(plan, monkeypatch):
    own = evaluations.evaluation_of(plan.studies["econ-qa"])
    fields = {"rowset": "kobest", "prompt": "kobest.plain", "answered": ["test"], "evaluated": ["test"]}
    kobest = dataclasses.replace(own, name="kobest", metrics=["accuracy"], **fields)
    for module in (paths, answers, scores):
        monkeypatch.setattr(module, "evaluation_of", lambda study, name="own": {"own": own, "kobest": kobest}[name])
    wildcards = Job(study="econ-qa", evaluation="kobest", model="tiny-eeve", arm="qlora", seed="42")
    assert answers.prompts(plan, wildcards) == [
        "results/mini/econ-qa/prompts/tiny-eeve/kobest/kobest.plain/test.parquet"
    ]
    assert scores.evaluation_rows(plan, wildcards) == ["results/mini/econ-qa/rows/kobest/test.parquet"]
    assert scores.scoring(plan, wildcards)["metrics"] == ["accuracy"]
    assert paths.prompt_folder(plan, "econ-qa", "tiny-eeve", "qlora").endswith("/all/econ-qa.clean"), (
        "it learns its own"
    )
