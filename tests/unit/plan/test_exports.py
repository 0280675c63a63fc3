"""What is taken home: as the study or the configuration asks, checked before anything runs."""

import pytest
from plans import Job, plan_for
from studies import configuration

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.plan import exports, report
from kotune.study import resolve

ARM = Job(study="econ-qa", model="tiny-gemma2", arm="qlora", seed="42")
HOME = "results/mini/econ-qa/exports/tiny-gemma2/qlora/seed42"


def asking(study="econ-qa", **export):
    return plan_for(study, export={study: export})


def test_nothing_is_taken_home_that_nobody_asks_for():
    assert exports.targets(plan_for()) == []


def test_what_is_asked_for_is_made_with_the_paper():
    plan = asking(arms=["qlora"], models=["ko-gemma-2-9b-it"], forms=["adapter", "merged"])
    assert exports.targets(plan) == [f"{HOME}/README.md"]
    assert f"{HOME}/README.md" in report.targets(plan)
    assert exports.records(plan, ARM) == [f"{HOME}/merged.json", f"{HOME}/adapter.json"]


def test_an_arm_without_a_word_on_models_is_taken_home_of_all():
    assert len(exports.targets(asking(arms=["qlora"]))) == 4


def test_a_form_that_is_named_by_its_path_is_made_without_a_word_in_the_configuration():
    assert [path.rpartition("/")[2] for path in exports.records(plan_for(), ARM)] == [
        "merged.json", "gguf-f16.json", "gguf-q8_0.json", "adapter.json",
    ]  # fmt: skip


def test_answers_are_compared_on_valid_and_by_the_study_s_metric():
    plan = plan_for()
    assert exports.prompts_file(plan, ARM)[0].endswith("tiny-gemma2/all/econ-qa.clean/valid.parquet")
    assert exports.rows_file(plan, ARM) == ["results/mini/econ-qa/rows/all/valid.parquet"]
    told = exports.settings(plan, ARM)
    assert told["scoring"]["metric"]["name"] == "char_f1" and told["scoring"]["gold"] == "answer"
    assert told["quantization"]["load_in_4bit"] is True
    assert told["trained_by"].startswith("snakemake results/mini/econ-qa/adapters/tiny-gemma2/qlora/seed42/adapter")


def test_the_family_and_the_stops_are_those_of_the_arm_s_prompts():
    plan = plan_for()
    assert exports.rendering(plan, ARM)["family"]["stops"] == exports.generation(plan, ARM)["stop"]


def test_the_selected_model_is_taken_home_by_the_settings_that_are_written_for_it():
    plan, job = plan_for("context-qa"), Job(study="context-qa", model="selected", arm="clean", seed="42")
    assert exports.rendering(plan, job) is None and exports.generation(plan, job) is None
    assert exports.selected_files(plan, job) == [
        "results/mini/context-qa/selected/rendering-context-qa.two_turn.json",
        "results/mini/context-qa/selected/generation-context-qa.two_turn.json",
    ]


def test_a_model_that_gguf_has_no_place_for_is_refused_at_the_start():
    config: Json = configuration(scale="full", studies=["econ-qa"], data={"econ-qa": "klue-mrc-news"})
    config["models"]["ko-gemma-2-9b-it"]["architecture"] = "Exaone4ForCausalLM"
    config["export"] = {"econ-qa": {"arms": ["qlora"]}}
    with pytest.raises(UserError, match="'ko-gemma-2-9b-it' is a Exaone4ForCausalLM, which is not translated to GGUF"):
        exports.check_export(resolve.study_at("econ-qa", config), config)
    config["export"]["econ-qa"]["forms"] = ["merged"]
    exports.check_export(resolve.study_at("econ-qa", config), config)
