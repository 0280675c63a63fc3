"""A study as a run has it: models or their stand-ins under the names in paths, and arms with whole recipes."""

import json

import pytest
from shortened import rewrite
from studies import configuration, copied, study

from kotune.core.catalogue import named
from kotune.core.errors import UserError


def test_mini_keeps_rank_and_projections_of_the_recipe():
    arms, published = study().arms, named("recipes", "qlora-r6", "recipe")
    assert arms["qlora"]["recipe"]["lora"] == published["lora"]
    assert arms["qlora"]["recipe"]["quantization"]["bnb_4bit_quant_type"] == "nf4"
    assert arms["base"]["recipe"]["quantization"] == arms["qlora"]["recipe"]["quantization"]


def test_names_in_paths_are_those_of_stand_ins_at_mini_scale_only():
    stand_ins = configuration()["stand_ins"]
    assert set(study().models) == {name for name in stand_ins if name.startswith("tiny-")} - {"tiny-code"}
    assert set(study("context-qa").models) == {name for name in stand_ins if name.startswith("long-")}
    real = study(scale="full", data={"econ-qa": "klue-mrc-news"})
    assert list(real.models) == list(real.names) == list(real.names.values())
    assert real.models["qwen2.5-3b-instruct"]["path"] == "resources/hub/models/qwen2.5-3b-instruct"


def test_everything_is_plain_json_for_a_rules_parameters():
    for name in ("econ-qa", "context-qa"):
        resolved = study(name)
        for part in (resolved.settings, resolved.lens, resolved.source, resolved.models, resolved.arms):
            assert json.loads(json.dumps(part)) == part


def test_a_model_without_a_stand_in_is_not_there_at_mini_scale(tmp_path):
    path = copied(tmp_path) / "config/studies/econ-qa.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("llama-3.2-3b-instruct", "gemma-3-4b-it"), encoding="utf-8"
    )
    with pytest.raises(UserError, match=r"econ-qa.yaml: 'gemma-3-4b-it' has no stand-in \(config/models.yaml\)"):
        study(root=tmp_path)


def test_a_candidate_that_may_be_missing_is_left_out_with_the_reason():
    real = study("context-qa", scale="full", data={"context-qa": "klue-mrc"})
    assert list(real.left_out) == ["exaone-3.5-2.4b-instruct"]
    assert "runs Python code of its repository" in real.left_out["exaone-3.5-2.4b-instruct"]
    assert "exaone-3.5-2.4b-instruct" not in [*real.models, *real.arms["base"]["models"]]
    assert study("context-qa").left_out == {}


def test_metrics_of_reasoning_go_where_the_rows_bring_none():
    assert "reasoning_similarity" in study("context-qa").settings["metrics"]
    without = study("context-qa", without_reasoning=["context-qa"])
    assert not without.reasoning and "reasoning_similarity" not in without.settings["metrics"]
    assert "similarity" in without.settings["metrics"]


def test_an_arm_of_the_selected_model_rehearses_every_candidate():
    assert study("context-qa").arms["clean"]["models"] == ["selected"]
    rehearsed = study("context-qa", scale="rehearsal")
    assert rehearsed.arms["clean"]["models"] == list(rehearsed.models)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda study: study.update(primary_metric="rouge_l"), "primary_metric 'rouge_l' is not among its metrics"),
        (lambda study: study["arms"]["base"].update(recipe="qlora-r6"), "only the arm 'base' goes without a recipe"),
        (lambda study: study["arms"]["qlora"].pop("recipe"), "only the arm 'base' goes without a recipe"),
        (lambda study: study["arms"]["qlora"].update(models=["qwen2.5-3b"]), "'qwen2.5-3b' is not a candidate; did you"),
        (lambda study: study["arms"]["qlora"].update(rowset="al"), "unknown rowset 'al'; did you mean 'all'"),
        (lambda study: study["arms"]["qlora"].update(models=["selected"]), "needs a recipe, and the key 'selection'"),
    ],
)  # fmt: skip
def test_what_a_study_says_against_itself_is_named(tmp_path, change, message):
    rewrite(copied(tmp_path) / "config/studies/econ-qa.yaml", change)
    with pytest.raises(UserError, match=f"config/studies/econ-qa.yaml.*{message}"):
        study(root=tmp_path)


def test_two_candidates_cannot_share_a_stand_in(tmp_path):
    def share(content):
        content["stand_ins"]["gemma-2-2b-it"] = "long-llama3"

    rewrite(copied(tmp_path) / "config/studies/context-qa.yaml", share)
    with pytest.raises(UserError, match="'gemma-2-2b-it' and another candidate share the stand-in 'long-llama3'"):
        study("context-qa", root=tmp_path)
