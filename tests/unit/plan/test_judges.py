"""What judging is asked: only where a judge is named, of every model under an arm, with the rules that it names."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from plans import Job, plan_for

from kotune.core.names import OWN
from kotune.plan import judges, report
from kotune.study.judges import judge_at

JOB = Job(study="econ-qa", evaluation=OWN, model="tiny-eeve", arm="qlora", seed="42")
MODEL = {"name": "model", "endpoint": {"key_from": "KOTUNE_TEST_KEY", "model": "m", "url": "https://judge.example/v1"}}


def judging(judge):
    plan = plan_for()
    study = plan.studies["econ-qa"]
    own = replace(study.own, judge=judge)
    plan.studies["econ-qa"] = replace(study, evaluations={OWN: own})
    return plan


@pytest.fixture
def plan():
    study = plan_for().studies["econ-qa"]
    return judging(judge_at("phrases", "", study.lens, study.root))


def test_nobody_judges_unless_a_judge_is_named(plan):
    bare = plan_for()
    assert judges.targets(bare) == [] and judges.pattern(bare) == "nothing"
    assert judges.pattern(plan) == OWN
    assert set(judges.targets(plan)) == set(report.targets(plan)) - set(report.targets(bare))


def test_every_model_under_an_arm_is_judged_and_no_ensemble(plan):
    study = plan.studies["econ-qa"]
    files = judges.files(plan, JOB)
    assert len(files) == len(study.treatments()) == len(judges.judged_answers(plan, JOB))
    assert not any("ensemble" in file for file in files)
    assert judges.answers(plan, JOB) in judges.judged_answers(plan, JOB)


def test_a_job_gets_its_rules_by_dotted_names_and_hashes_them(plan):
    asked = judges.settings(plan, JOB)
    assert asked["judge"]["rule"] == "kotune.scoring.judges.by_phrases.verdict_of"
    assert judges.modules(plan, JOB) == [asked["judge"]["rule"], asked["judge"]["beside"]]
    assert asked["columns"] == ["context", "question"] and asked["gold"] == "answer"


def test_tables_name_the_judge_and_not_where_it_is_reached():
    told = judges.tabulating(judging({**MODEL, "title": "t", "beside": "refusals", "audit": {}}), JOB)
    assert told["judge"]["model"] == "m" and "url" not in str(told)


def test_a_run_without_the_judges_key_ends_before_its_first_job(monkeypatch):
    plan, job = judging(MODEL), SimpleNamespace(rule=SimpleNamespace(name="judge_answers"), wildcards=JOB)
    monkeypatch.delenv("KOTUNE_TEST_KEY", raising=False)
    with pytest.raises(SystemExit, match="environment variable KOTUNE_TEST_KEY is not set"):
        judges.begin(plan, [job])
    monkeypatch.setenv("KOTUNE_TEST_KEY", "sk")
    judges.begin(plan, [job])
