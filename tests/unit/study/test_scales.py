"""What a scale says of every method and of one: each recipe gets its own, and what a study says goes above both."""

import pytest
from changed_study import changed_study, rewritten

from kotune.core.errors import UserError
from kotune.study import scales
from kotune.training.methods import sft


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
    monkeypatch.setattr(
        scales, "named", lambda folder, name, *_: {**shipped, "method": "toy", "arguments": {"beta": 1}}
    )
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
