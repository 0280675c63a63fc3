"""A recipe's grid: the arms that it makes, their names and recipes, and what cannot be."""

import pytest
import studies
from changed_study import changed_study, rewritten

from kotune.core.errors import UserError
from kotune.study import grids

GRID = {"r": [4, 16], "num_train_epochs": [1, 3]}
LORA = {"rowset": "all", "prompt": "econ-qa.clean", "recipe": "qlora-grid", "models": ["ko-gemma-2-9b-it"]}


def with_recipe(root, **given):
    """Copy the configuration to ``root``, with the recipe qlora-grid: qlora-r6 and what is given."""
    studies.copied(root)
    recipes = root / "config/recipes"
    (recipes / "qlora-grid.yaml").write_bytes((recipes / "qlora-r6.yaml").read_bytes())
    rewritten(recipes / "qlora-grid.yaml", lambda recipe: recipe.update(given))


def study(root, grid=GRID, change=lambda study: None, **settings):
    """Return econ-qa with an arm `lora` of that recipe."""
    with_recipe(root, grid=grid)
    return changed_study(root, lambda study: (study["arms"].update(lora=LORA), change(study)), **settings)


def test_an_arm_becomes_one_a_combination_with_readable_names_and_the_recipe_as_if_written_out(tmp_path):
    found = study(tmp_path, scale="full", data={"econ-qa": "none.csv"})
    made = ["lora_r4_epochs1", "lora_r4_epochs3", "lora_r16_epochs1", "lora_r16_epochs3"]
    assert list(found.arms) == ["base", "qlora", *made]
    arm, qlora = found.arms["lora_r16_epochs3"], found.arms["qlora"]
    written_out = {
        **qlora["recipe"],
        "lora": {**qlora["recipe"]["lora"], "r": 16},
        "trainer": {**qlora["recipe"]["trainer"], "num_train_epochs": 3},
    }
    assert arm == {**qlora, "recipe": written_out, "models": ["ko-gemma-2-9b-it"]}


def test_at_a_scale_that_shortens_trainings_the_arms_are_there(tmp_path):
    found = study(tmp_path)
    assert len(found.arms) == 6
    assert {arm["recipe"]["trainer"]["max_steps"] for arm in found.arms.values()} == {60}


@pytest.mark.parametrize(
    ("grid", "names"),
    [
        ({"learning_rate": [2.0e-4, 2.5e-5, 0.05, 1.0]}, ["lr2e_4", "lr2_5e_5", "lr0_05", "lr1"]),
        ({"packing": [True, False]}, ["packing_on", "packing_off"]),
        ({"loss": ["all", "completion"]}, ["loss_all", "loss_completion"]),
        ({"max_length": [None, 512]}, ["length_none", "length512"]),
        ({"max_steps": [-1, 8]}, ["stepsminus1", "steps8"]),
        ({"r, lora_alpha": [[4, 8], [16, 32]]}, ["r4", "r16"]),
        ({"target_modules": [["q_proj", "v_proj"], "all-linear"]}, ["on_q_proj_v_proj", "on_all_linear"]),
        ({"bnb_4bit_quant_type": ["nf4", "fp4"]}, ["quant_nf4", "quant_fp4"]),
        ({"per_device_train_batch_size": [1, 2]}, ["batch1", "batch2"]),
    ],
)
def test_names_say_values_in_short(tmp_path, grid, names):
    with_recipe(tmp_path, grid=grid)
    assert [suffix for suffix, _ in grids.combinations("qlora-grid", tmp_path)] == names


def test_arguments_that_go_together_are_set_together(tmp_path):
    recipe = study(tmp_path, {"r, lora_alpha": [[4, 8], [16, 32]]}).arms["lora_r16"]["recipe"]
    assert (recipe["lora"]["r"], recipe["lora"]["lora_alpha"]) == (16, 32)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"rr": [4]}, "qlora-grid.yaml, grid: a recipe has no argument 'rr' for a grid; did you mean 'r'"),
        ({"num_train_epoch": [1]}, "no argument 'num_train_epoch' .*did you mean 'num_train_epochs'"),
        ({"r": [0]}, r"qlora-grid.yaml, grid \(r0\): key 'lora.r': 0 is less than the minimum of 1"),
        ({"optim": ["adamw"]}, r"grid \(optim_adamw\): key 'trainer.optim': 'adamw' is not one of"),
        ({"r": []}, "qlora-grid.yaml: key 'grid.r'"),
        ({"r": 4}, "key 'grid.r': 4 is of type int, it must be of type array"),
        ({"r, lora_alpha": [[4, 8], [16]]}, r"'r, lora_alpha': \[16\] must be a list of 2 values"),
        ({"r": [4], "r, lora_alpha": [[4, 8]]}, "'r' stands in the grid twice"),
        ({"r": [4, 4]}, "arm 'lora': the grid of its recipe 'qlora-grid' makes 'lora_r4', and there is such an arm"),
    ],
)
def test_what_a_recipe_cannot_have_is_refused_at_start(tmp_path, grid, message):
    with pytest.raises(UserError, match=message):
        study(tmp_path, grid)


def written(**arms):
    return lambda study: study["arms"].update(arms)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            written(lora_r4_epochs3=LORA | {"recipe": "qlora-r6"}),
            "arm 'lora': .* makes 'lora_r4_epochs3', and there is",
        ),
        (
            lambda study: study["ensembles"].update(arm="lora"),
            "ensembles.arm: .* several arms of 'lora'; name lora_r4_",
        ),
        (lambda study: study.update(evaluations={"e": ["lora"]}), "evaluations.e: .* name lora_r4_epochs1, lora_r4_ep"),
        (written(more=LORA | {"from": "lora"}), "arm 'more', key 'from': the grid of its recipe makes several arms"),
        (written(asked={"adapter": "lora", "answers_with": "econ-qa.as_published"}), "key 'adapter': .*name lora_r4_"),
    ],
)
def test_names_that_clash_or_stand_for_several_arms_are_refused(tmp_path, change, message):
    with pytest.raises(UserError, match=message):
        study(tmp_path, GRID, change)


def test_made_arms_may_be_named(tmp_path):
    asked = {"adapter": "lora_r4_epochs1", "answers_with": "econ-qa.as_published"}
    found = study(tmp_path, GRID, written(asked=asked)).arms
    assert found["asked"]["recipe"] == found["lora_r4_epochs1"]["recipe"]


def test_made_arms_are_shared_by_their_own_names(tmp_path):
    study(tmp_path)
    shared = changed_study(
        tmp_path, lambda study: study["shares"].update(arms=["base", "qlora", "lora_r4_epochs1"]), "econ-qa-tries"
    )
    assert shared.arms["lora_r4_epochs1"]["recipe"]["lora"]["r"] == 4
    with pytest.raises(UserError, match="key 'shares', arms: .* several arms of 'lora'; name lora_r4_epochs1"):
        changed_study(tmp_path, lambda study: study["shares"].update(arms=["base", "lora"]), "econ-qa-tries")
