"""Tables of samples and of preferences read the audits and curves of the study's own arms."""

import dataclasses

import pytest
import yaml
from checkout import ROOT
from plans import Job, plan_for
from sampling import AGAIN, sampling
from studies import study

from kotune.plan import preferences
from kotune.report.settings import learned_samples, preferring, settings_of
from kotune.report.tables.contents import table_names
from kotune.report.view import Report

SAMPLED = {**AGAIN, "protocol": {"generation": {"samples": 4, "do_sample": True, "temperature": 1.0}}}
HERE = "results/mini/econ-qa"


@pytest.fixture
def preferring_study(tmp_path):
    sampling(tmp_path, evaluation=SAMPLED, at_least=1.0, pairs=2)
    path = tmp_path / "config/studies/econ-qa.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["arms"]["again"] |= {"from": "qlora", "recipe": "preferring"}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    recipe = yaml.safe_load((ROOT / "config/recipes/qlora-r6.yaml").read_text(encoding="utf-8"))
    recipe["method"] = "dpo"
    (tmp_path / "config/recipes/preferring.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return study(root=tmp_path)


def test_they_are_those_that_arms_learn(preferring_study):
    plan, job = dataclasses.replace(plan_for(), studies={"econ-qa": preferring_study}), Job(study="econ-qa")
    model, seed = preferring_study.arms["again"]["models"][0], preferring_study.seeds_of("again")[0]
    assert preferences.audits(plan, job)[0] == f"{HERE}/rows/kept/{model}/qlora/seed{seed}/audit.json"
    first = preferences.sampled(plan, job)["sampled"][0]
    assert (first["rowset"], first["arm"], first["evaluation"], first["seed"]) == ("kept", "qlora", "again", seed)
    folder = f"{HERE}/adapters/{model}/again/seed{seed}"
    assert preferences.trainings(plan, job)["trainings"][0]["folder"] == folder
    assert preferences.curves(plan, job)[:2] == [f"{folder}/curve.jsonl", f"{folder}/record.json"]
    pairs = f"{HERE}/rows/kept/{model}/qlora/seed{seed}/train.parquet"
    assert preferences.trainings(plan, job)["trainings"][0]["rows"] == pairs
    assert preferences.trainings(plan, job)["trainings"][0]["columns"] == {"prompt": "context", "chosen": "answer"}
    assert pairs in preferences.curves(plan, job)


def test_a_report_has_their_tables(preferring_study):
    assert learned_samples(preferring_study) == preferring(preferring_study) == ["again"]
    settings = settings_of(preferring_study, plan_for().config)
    assert {"sampled-rows", "preferences", "preference-floors"} <= set(table_names(Report(settings, HERE)))
    plain = settings_of(study(), plan_for().config)
    assert not {"sampled-rows", "preferences"} & set(table_names(Report(plain, HERE)))
