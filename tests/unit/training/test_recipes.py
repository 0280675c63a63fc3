"""A recipe's arguments reach peft and TRL under their own names; one that cannot be is named with the nearest."""

import pytest

from kotune.core.errors import UserError
from kotune.training import recipes


@pytest.mark.parametrize(
    ("trainer", "message"),
    [
        ({"learning_rat": 1e-3}, "no argument 'learning_rat'; did you mean 'learning_rate'"),
        ({"output_dir": "x"}, "recipe.trainer.output_dir: a recipe cannot set it: the rule decides"),
        ({"report_to": "wandb"}, "trainer.report_to: a recipe cannot set it: it comes from `tracking`"),
        ({"seed": 1}, "trainer.seed: a recipe cannot set it: it comes from `seeds`"),
        ({"optim": "paged_adamw_32bit"}, "trainer.optim: 'paged_adamw_32bit' pages .* there is none; override it"),
        ({"fp16": True}, "trainer.fp16: there is no CUDA GPU"),
        ({"optim": "adamw_torc"}, "recipe.trainer: .*adamw_torc"),
        ({"eval_strategy": "steps", "eval_steps": 2}, "eval_strategy: there are no rows to evaluate on"),
        ({"save_steps": 3, "logging_steps": 2}, "save_steps: 3 is no multiple of logging_steps 2"),
    ],
)
def test_trainer_argument_that_cannot_be(trainer, message, tmp_path):
    with pytest.raises(UserError, match=message):
        recipes.trainer_config({"trainer": {"optim": "adamw_torch", **trainer}}, tmp_path, 42, "cpu", False)


def test_an_argument_of_the_method_s_class_that_is_the_method_s_own(tmp_path):
    with pytest.raises(
        UserError, match="trainer.completion_only_loss: a recipe cannot set it: `loss` of the recipe says"
    ):
        recipes.trainer_config({"trainer": {"completion_only_loss": True}}, tmp_path, 42, "cpu", False)


def test_what_neither_recipe_nor_house_says_is_trls_own_and_no_row_is_cut(tmp_path):
    config = recipes.trainer_config({"trainer": {"learning_rate": 1e-3}}, tmp_path, 42, "cpu", False)
    assert type(config).__name__ == "SFTConfig"
    assert (config.learning_rate, config.seed, config.output_dir) == (1e-3, 42, str(tmp_path))
    assert config.max_length is None and not config.bf16 and not config.gradient_checkpointing
    assert recipes.trainer_config({"trainer": {"max_length": 64}}, tmp_path, 42, "cpu", False).max_length == 64


def test_evaluations_need_rows(tmp_path):
    recipe = {"trainer": {"eval_strategy": "steps", "eval_steps": 2}}
    assert recipes.trainer_config(recipe, tmp_path, 42, "cpu", True).eval_steps == 2
    with pytest.raises(UserError, match="recipe.trainer.eval_on_start: eval_strategy is no; set it to steps"):
        recipes.trainer_config({"trainer": {"eval_on_start": True}}, tmp_path, 42, "cpu", True)


def test_what_the_house_only_prefers_a_recipe_may_say_otherwise(tmp_path):
    recipe = {"trainer": {"gradient_checkpointing": True, "save_total_limit": 5}}
    config = recipes.trainer_config(recipe, tmp_path, 42, "cpu", False)
    assert config.gradient_checkpointing and config.save_total_limit == 5
