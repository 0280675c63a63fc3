"""What the report is told of a study: the settings that its scripts take, and which ensemble the text speaks of."""

from __future__ import annotations

import json
from dataclasses import replace

import fake_results
import pytest
from studies import configuration

from kotune.core.errors import UserError
from kotune.report.settings import settings_of
from kotune.study import resolve
from kotune.study.checks import check_submission


@pytest.fixture(scope="module")
def study():
    return resolve.study_at("econ-qa", configuration())


def test_the_configured_study_gives_the_settings_that_the_report_takes(study):
    settings = settings_of(study, configuration())
    wanted = fake_results.settings()
    assert settings.keys() == wanted.keys()
    assert settings["models"][0].keys() == wanted["models"][0].keys()
    assert settings["arms"]["qlora"].keys() == wanted["arms"]["qlora"].keys()
    assert (settings["ensembles"], settings["reported"]) == (wanted["ensembles"], wanted["reported"])
    assert json.loads(json.dumps(settings)) == settings


def test_a_stand_in_is_no_model_of_the_hub_and_says_for_whom_it_stands(study):
    model = settings_of(study, configuration())["models"][0]
    assert (model["name"], model["hub_id"], model["licence"]) == ("tiny-gemma2", None, "apache-2.0")
    assert model["stands_for"] == "rtzr/ko-gemma-2-9b-it"


def test_a_model_of_the_hub_has_what_the_catalogue_says_of_it():
    config = configuration(scale="full", data={"econ-qa": "klue-mrc-news"})
    model = settings_of(resolve.study_at("econ-qa", config), config)["models"][0]
    catalogued = config["models"][model["name"]]
    assert (model["hub_id"], model["licence"], model["stands_for"]) == (
        catalogued["hub_id"],
        catalogued["licence"],
        None,
    )


def test_paths_are_seen_from_the_work_folder(study):
    settings = settings_of(study, configuration(), lambda path: f"../kotune/{path}")
    assert settings["published"] == "../kotune/config/published/econ-qa.yaml"
    assert all(model["path"].startswith("../kotune/resources/") for model in settings["models"])


@pytest.mark.parametrize(
    ("named", "methods", "main"),
    [
        ({"main": "stacking"}, ["majority", "stacking"], "stacking"),
        ({}, ["oracle", "f1_sum", "majority"], "f1_sum"),
        ({}, ["oracle"], None),
    ],
)
def test_the_text_speaks_of_the_ensemble_that_the_study_names_else_of_the_first_in_earnest(named, methods, main):
    study = resolve.study_at("econ-qa", configuration())
    ensembles = {key: value for key, value in study.settings["ensembles"].items() if key != "main"}
    study.settings["ensembles"] = {**ensembles, "methods": methods, **named}
    assert settings_of(study, configuration())["ensembles"]["main"] == main


def test_an_ensemble_of_the_text_that_the_study_has_not_is_refused():
    settings = {"ensembles": {"methods": ["majority", "f1_sum"], "main": "majority_then_f1"}}
    with pytest.raises(UserError, match="econ-qa.yaml, ensembles.main: 'majority_then_f1' is no ensemble of the study"):
        check_submission("econ-qa", settings)


def test_a_study_without_ensembles_has_none():
    config = configuration()
    assert settings_of(resolve.study_at("context-qa", config), config)["ensembles"] is None


def test_an_arm_whose_recipe_names_its_steps_says_how_many_at_any_scale(study):
    assert "steps_asked" not in settings_of(study, configuration())["arms"]["qlora"]
    arms = {**study.settings["arms"], "qlora": {**study.settings["arms"]["qlora"], "recipe": "alpaca-60-steps"}}
    limited = replace(study, settings={**study.settings, "arms": arms})
    assert settings_of(limited, configuration())["arms"]["qlora"]["steps_asked"] == 60


def test_licences_of_a_mixture_are_those_of_what_it_is_mixed_of():
    said = {}
    for scale in ("mini", "full"):
        config = configuration(scale=scale)
        said[scale] = settings_of(resolve.study_at("instruct-ko", config), config)["dataset"]
    assert said["mini"] == {
        "name": "open-ko-instructions",
        "title": "Three open Korean instruction sets, each by its stand-in",
        "licence": "apache-2.0",
        "redistribution": True,
    }
    assert (said["full"]["licence"], said["full"]["redistribution"]) == ("none stated; mit; apache-2.0", False)
