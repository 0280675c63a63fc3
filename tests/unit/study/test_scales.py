"""A scale lies over studies and recipes: dicts merge, everything else is replaced."""

import pytest
from changed_study import changed_study, rewritten
from studies import copied

from kotune.core.errors import UserError
from kotune.study import scales
from kotune.training.methods import sft


def test_dicts_merge_and_everything_else_is_replaced():
    base = {"trainer": {"optim": "adamw", "steps": [1, 2]}, "lora": {"r": 6}}
    over = {"trainer": {"steps": [3], "bf16": True}, "lora": None}
    assert scales.merged(base, over) == {"trainer": {"optim": "adamw", "steps": [3], "bf16": True}, "lora": None}
    assert base["trainer"] == {"optim": "adamw", "steps": [1, 2]}, "what is below stays as it was"
    assert scales.merged(None, {"load_in_4bit": True}) is None, "a recipe without quantization stays without"


def test_a_recipe_has_the_scales_trainer_and_its_own_lora():
    mini, full = (scales.recipe_at("qlora-r6", scales.lens_at(scale)) for scale in ("mini", "full"))
    assert mini["lora"] == full["lora"]
    assert mini["trainer"]["max_steps"] == 60 and full["trainer"]["max_steps"] == -1  # all epochs
    assert (mini["trainer"]["bf16"], full["trainer"]["bf16"]) == (False, True)
    assert mini["trainer"]["per_device_train_batch_size"] != full["trainer"]["per_device_train_batch_size"]


@pytest.mark.parametrize(
    ("given", "seen"), [(["42", 7], [42, 7]), (["4x"], ["4x"]), (["-1"], ["-1"]), ("42", "42"), (None, None)]
)
def test_seeds_of_the_command_line_become_numbers_and_a_wrong_one_stays_to_be_named(given, seen):
    assert scales.with_whole_numbers({"seeds": given}) == {"seeds": seen}


def test_a_study_may_say_something_of_its_own_for_one_scale():
    settings = {"title": "x", "census": {"share": 0.9}, "scales": {"mini": {"trainer": {"max_steps": 4}, "title": "y"}}}
    lens, own = scales.of_scale(settings, {"trainer": {"bf16": False}}, "mini")
    assert lens == {"trainer": {"bf16": False, "max_steps": 4}} and own["title"] == "y" and own["census"]
    assert scales.of_scale(settings, {"trainer": {}}, "full") == ({"trainer": {}}, settings)


def test_a_rehearsal_is_of_the_scale_that_it_names(tmp_path):
    full, rehearsed = scales.lens_at("full"), scales.lens_at("rehearsal")
    for key in ("stand_ins", "compute", "trainer", "quantization", "generation"):
        assert rehearsed[key] == full[key]
    scale = copied(tmp_path) / "config/scales/rehearsal.yaml"
    scale.write_text(scale.read_text(encoding="utf-8").replace("of: full", "of: mini"), encoding="utf-8")
    with pytest.raises(UserError, match="rehearsal.yaml, rehearsal.of: 'mini' has no true shapes to rehearse"):
        scales.lens_at("rehearsal", tmp_path)


def unchanged(study):
    """Leave a study as it is."""


def recipe_of(study, arm="qlora"):
    return study.arms[arm]["recipe"]


def test_a_recipe_is_sft_where_nothing_is_said_and_gets_what_the_scale_says_of_that(tmp_path):
    recipe = recipe_of(changed_study(tmp_path, unchanged))
    assert recipe["method"] == "sft" and "arguments" not in recipe
    assert recipe["trainer"]["learning_rate"] == 2e-3
    assert recipe["trainer"]["max_steps"] == 60, "what holds for every method"


def test_a_learning_rate_of_one_method_does_not_reach_another(tmp_path, monkeypatch):
    toy = type("toy", (), {"ARGUMENTS": {"beta": {"type": "number"}}})
    monkeypatch.setattr(scales, "module_of", lambda registry, name: toy if name == "toy" else sft)
    monkeypatch.setattr(scales, "recipe_of", lambda name, *_: {**shipped, "method": "toy", "arguments": {"beta": 1}})
    shipped = {"lora": {}, "quantization": None, "trainer": {"learning_rate": 1e-6, "max_steps": -1}}
    lens = {
        "trainer": {"max_steps": 60},
        "quantization": {},
        "methods": {"sft": {"trainer": {"learning_rate": 2e-3}}, "toy": {"arguments": {"beta": 0.5}}},
    }
    recipe = scales.recipe_at("dpo", lens)
    assert recipe["trainer"] == {"learning_rate": 1e-6, "max_steps": 60}
    assert recipe["arguments"] == {"beta": 0.5}


def test_what_a_study_says_of_its_trainer_goes_above_what_the_scale_says_of_a_method(tmp_path):
    def every(study):
        study["scales"] = {"mini": {"trainer": {"learning_rate": 1e-4}}}

    def one(study):
        study["scales"] = {"mini": {"methods": {"sft": {"trainer": {"learning_rate": 1e-5}}}}}

    assert recipe_of(changed_study(tmp_path / "every", every))["trainer"]["learning_rate"] == 1e-4
    assert recipe_of(changed_study(tmp_path / "one", one))["trainer"]["learning_rate"] == 1e-5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"method": "sfft"}, "recipes/qlora-r6.yaml: key 'method': 'sfft' is not one of the values .* mean 'sft'"),
        ({"arguments": {"beta": 1}}, "recipes/qlora-r6.yaml or the scale, arguments of the method 'sft': unknown key"),
    ],
)
def test_a_method_or_an_argument_that_there_is_not(tmp_path, content, message):
    changed_study(tmp_path, unchanged)
    rewritten(tmp_path / "config/recipes/qlora-r6.yaml", lambda recipe: recipe.update(content))
    with pytest.raises(UserError, match=message):
        changed_study(tmp_path, unchanged)


def test_a_scale_names_methods_that_there_are(tmp_path):
    changed_study(tmp_path, unchanged)
    rewritten(tmp_path / "config/scales/mini.yaml", lambda scale: scale["methods"].update(sfft={}))
    with pytest.raises(UserError, match="scales/mini.yaml: key 'methods': 'sfft' .* did you mean 'sft'"):
        changed_study(tmp_path, unchanged)


def test_merged_recipes_of_shipped_studies_have_what_they_had(tmp_path):
    clean = recipe_of(changed_study(tmp_path, unchanged, "context-qa"), "clean")["trainer"]
    assert (clean["learning_rate"], clean["max_steps"], clean["logging_steps"]) == (2e-3, 36, 6)


def test_a_scale_has_a_budget_of_its_own_for_recipes_that_have_one(monkeypatch):
    lens = scales.lens_at("mini")
    assert "budget" not in scales.recipe_at("qlora-r6", lens)
    budget = {**lens, "methods": {"sft": {"budget": {"loss_tokens": 600}}}}
    assert "budget" not in scales.recipe_at("qlora-r6", budget), "a recipe without one is left alone"
    recipe = {"lora": {}, "quantization": None, "trainer": {}, "budget": {"loss_tokens": 9000}}
    monkeypatch.setattr(scales, "recipe_of", lambda *_: recipe)
    assert scales.recipe_at("own", lens)["budget"] == {"loss_tokens": 9000}
    assert scales.recipe_at("own", budget)["budget"] == {"loss_tokens": 600}


def test_minis_learning_rate_of_sft_does_not_reach_dpo():
    lens = scales.lens_at("mini")
    rates = {name: scales.recipe_at(name, lens)["trainer"]["learning_rate"] for name in ("qlora-r6", "dpo-r16")}
    assert rates["dpo-r16"] < rates["qlora-r6"] == 2e-3
    full = scales.recipe_at("dpo-r16", scales.lens_at("full"))["trainer"]
    assert (full["learning_rate"], full["beta"], full["logging_steps"]) == (1e-5, 0.1, 1)
