"""What the audit of leaks compares: a study's splits, its evaluations' rows, and other studies' splits of the run."""

import dataclasses
from types import SimpleNamespace

import pytest
from plans import Job, plan_for
from sampling import sampling

from kotune.core.errors import UserError
from kotune.plan import leaks

JOB = Job(study="econ-qa")


def asking(study, **asked):
    return dataclasses.replace(study, settings={**study.settings, "leaks": asked})


def test_every_split_is_compared_by_what_it_asks():
    plan = plan_for()
    plan = dataclasses.replace(plan, studies={"econ-qa": asking(plan.studies["econ-qa"])})
    found = leaks.settings(plan, JOB)
    assert (found["near"], found["characters"]) == (0.6, 4)
    assert found["sets"][0] == {
        "name": "train",
        "path": "results/mini/econ-qa/rows/all/train.parquet",
        "columns": ["context", "question"],
        "own": True,
    }
    assert leaks.files(plan, JOB) == [one["path"] for one in found["sets"]]


def test_evaluations_and_other_studies_come_behind(tmp_path):
    plan = plan_for(studies=["econ-qa", "korquad"])
    study = asking(sampling(tmp_path, at_least=0.5), columns=["question"], studies=["korquad"], near=0.5)
    plan = dataclasses.replace(plan, studies={**plan.studies, "econ-qa": study})
    sets = {one["name"]: one for one in leaks.settings(plan, JOB)["sets"]}
    assert sets["again: test"]["path"] == "results/mini/econ-qa/rows/again/test.parquet"
    assert sets["korquad: train"] == {
        "name": "korquad: train",
        "path": "results/mini/korquad/rows/all/train.parquet",
        "columns": ["question"],
        "own": False,
    }
    leaks.check(study, ["econ-qa", "korquad"])


def test_a_study_is_not_compared_with_itself_twice():
    study = asking(plan_for().studies["econ-qa"], studies=["econ-qa"])
    with pytest.raises(UserError, match="'econ-qa' is this study, whose splits are compared anyway; leave it out"):
        leaks.check(study, ["econ-qa"])


def test_items_of_the_harness_are_looked_for_in_what_is_learned():
    plan = plan_for("safe-chat")
    asked = dataclasses.replace(plan.studies["safe-chat"], harness={"kobest": SimpleNamespace(tasks=["kobest_wic"])})
    plan = dataclasses.replace(plan, studies={"safe-chat": asked})
    job = Job(study="safe-chat")
    sets = leaks.settings(plan, job)["sets"]
    assert sets[-1] == {
        "name": "kobest: kobest_wic",
        "path": "results/mini/safe-chat/harness/kobest/data/audit.json",
        "task": "kobest_wic",
    }
    learned = {one["name"]: one["learned"] for one in sets if "learned" in one}
    assert learned == {"train": ["instruction", "input", "system", "history", "output"]}
    assert leaks.files(plan, job)[-1] == "results/mini/safe-chat/harness/kobest/data/audit.json"


def test_earlier_turns_can_be_compared():
    study = asking(plan_for("safe-chat").studies["safe-chat"], columns=["history", "instruction"])
    leaks.check(study, [])
    plan = dataclasses.replace(plan_for("safe-chat"), studies={"safe-chat": study})
    assert leaks.settings(plan, Job(study="safe-chat"))["sets"][0]["columns"] == ["history", "instruction"]
