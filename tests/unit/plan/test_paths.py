"""Where a run's files lie, which names its paths may hold, and whose code decides that a job runs again."""

import re

import pytest
from checkout import ROOT
from plans import Job, plan_for

from kotune.plan import paths


@pytest.fixture(scope="module")
def plan():
    return plan_for()


def test_answers_and_scores_lie_under_their_evaluation(plan):
    treatment = ("tiny-eeve", "qlora", 42)
    study = "results/mini/econ-qa"
    assert paths.answers_file(plan, "econ-qa", treatment) == f"{study}/answers/own/tiny-eeve/qlora/seed42.jsonl"
    assert paths.scores_file(plan, "econ-qa", treatment, ending="record.json") == (
        f"{study}/scores/own/tiny-eeve/qlora/seed42.record.json"
    )
    other = paths.answers_file(plan, "econ-qa", ("ensemble", "majority", 1), "kobest")
    assert other == f"{study}/answers/kobest/ensemble/majority/seed1.jsonl"


def test_paths_of_the_repository_are_seen_from_the_work_folder(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = plan.beside("scripts/train_adapter.py")
    assert not seen.startswith("/") and (tmp_path / seen).resolve() == ROOT / "scripts/train_adapter.py"
    assert paths.cli(plan, "train_adapter") == seen


def test_a_base_answers_without_an_adapter(plan):
    base = Job(study="econ-qa", model="tiny-eeve", arm="base", seed="42")
    assert paths.adapter_files(plan, base) == []
    tuned = paths.adapter_files(plan, Job(base, arm="qlora"))
    folder = "results/mini/econ-qa/adapters/tiny-eeve/qlora/seed42"
    assert tuned == [f"{folder}/adapter_model.safetensors", f"{folder}/adapter_config.json"]


def test_only_names_of_the_study_stand_in_its_paths(plan):
    patterns = paths.constraints(plan)
    assert re.fullmatch(patterns["model"], "tiny-eeve") and re.fullmatch(patterns["model"], "selected")
    assert not re.fullmatch(patterns["model"], "ensemble"), "an ensemble has a rule of its own"
    assert re.fullmatch(patterns["evaluation"], "own") and not re.fullmatch(patterns["evaluation"], "kobest")
    assert re.fullmatch(patterns["method"], "majority") and not re.fullmatch(patterns["arm"], "majority")
    assert paths.one_of([]) == "nothing" and re.fullmatch(paths.one_of(["a.b"]), "axb") is None


def test_rows_and_prompts_are_those_of_the_arm(plan):
    assert paths.rows(plan, "econ-qa", ["valid", "test"]) == [
        "results/mini/econ-qa/rows/all/valid.parquet",
        "results/mini/econ-qa/rows/all/test.parquet",
    ]
    assert paths.prompt_folder(plan, "econ-qa", "tiny-eeve", "qlora") == (
        "results/mini/econ-qa/prompts/tiny-eeve/all/econ-qa.clean"
    )


def test_settings_that_name_a_module_make_a_job_run_again_when_it_changes(plan):
    plain = paths.code(plan, "score_answers")
    assert paths.code(plan, "score_answers", ["kotune.export.submission"]) != plain
    assert paths.code(plan, "score_answers", ["kotune.core.storage"]) == plain, "it uses that one as it is"


def test_settings_are_one_text_whatever_their_order():
    assert paths.as_json({"b": "글", "a": [1]}) == paths.as_json({"a": [1], "b": "글"}) == '{"a": [1], "b": "글"}'


def test_what_a_study_shares_lies_with_the_other_study():
    plan = plan_for("econ-qa-tries")
    ours, theirs, study = "results/mini/econ-qa-tries", "results/mini/econ-qa", "econ-qa-tries"
    assert list(plan.studies) == [study] and list(plan.behind) == ["econ-qa"]
    assert paths.rows(plan, study, ["test"]) == [f"{theirs}/rows/all/test.parquet"]
    for arm, home in (("base", theirs), ("qlora", theirs), ("as_published", ours), ("as_trained", ours)):
        treatment = ("tiny-eeve", arm, 42)
        assert paths.answers_file(plan, study, treatment).startswith(f"{home}/answers/own/"), arm
        assert paths.scores_file(plan, study, treatment).startswith(f"{home}/scores/own/"), arm
    asked = paths.answers_file(plan, study, ("tiny-eeve", "qlora", 42), "kobest")
    assert asked.startswith(f"{ours}/answers/kobest/"), "another evaluation is the sharing study's own"
    assert re.fullmatch(paths.constraints(plan)["study"], "econ-qa")
    assert plan_for(study, studies=["econ-qa", study]).behind == {}


def test_an_arm_answers_with_the_adapter_that_it_names_and_the_prompt_that_it_says():
    plan = plan_for("econ-qa-tries")
    published = Job(study="econ-qa-tries", model="tiny-eeve", arm="as_published", seed="42")
    trained = Job(published, arm="as_trained")
    assert paths.adapter_files(plan, published) == paths.adapter_files(plan, trained)
    folder = "results/mini/econ-qa/prompts/tiny-eeve/all"
    asked = {
        arm: paths.prompt_folder(plan, "econ-qa-tries", "tiny-eeve", arm) for arm in ("as_published", "as_trained")
    }
    assert asked == {"as_published": f"{folder}/econ-qa.as_published", "as_trained": f"{folder}/econ-qa.as_trained"}
    assert paths.watched_folder(plan, "econ-qa-tries", "tiny-eeve", "as_trained") == f"{folder}/econ-qa.as_published"
    shared = Job(published, arm="qlora")
    assert paths.adapter_files(plan, shared)[0].startswith("results/mini/econ-qa/adapters/tiny-eeve/qlora/")
