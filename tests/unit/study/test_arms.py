"""A study's arms at a scale: models by their names in paths, recipes and seeds."""

import pytest
from changed_study import changed_study
from studies import study

from kotune.core.errors import UserError


def test_an_arm_has_models_recipe_and_seeds():
    qlora = study(seeds=[1, 2]).arms["qlora"]
    assert qlora["models"][0] == "tiny-gemma2" and qlora["recipe"]["lora"]["r"] == 6
    assert (qlora["seeds"], qlora["cards"]) == ([1, 2], 1)


def test_a_tuned_arm_needs_a_recipe(tmp_path):
    with pytest.raises(UserError, match="arm 'qlora': only the arm 'base' goes without a recipe"):
        changed_study(tmp_path, lambda study: study["arms"]["qlora"].pop("recipe"))
