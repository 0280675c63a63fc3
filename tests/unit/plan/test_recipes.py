"""What a training would refuse late is refused before anything runs, by the key; further cases: data/bad_input/."""

import subprocess
import sys
from dataclasses import replace

import pytest
from checkout import ROOT
from studies import configuration, study

from kotune.core.errors import UserError
from kotune.plan.recipes import NOTHING_REPLACED, check_layers, check_recipe, check_recipes
from kotune.study.scales import recipe_at

RECIPE = {"method": "sft", "lora": {"target_modules": ["q_proj"]}, "quantization": None, "trainer": {}}

CHANGED = {  # what each recipe of the tutorial has otherwise than the published one
    "alpaca-60-steps": set(),
    "alpaca-60-steps-packed": {"packing", "packing_strategy"},
    "alpaca-60-steps-rslora": {"use_rslora"},
    "alpaca-60-steps-loftq": {"init_lora_weights"},
    "alpaca-60-steps-no-checkpointing": {"gradient_checkpointing"},
    "alpaca-60-steps-fp16": {"fp16", "bf16", "bnb_4bit_compute_dtype"},
    "alpaca-one-epoch": {"max_steps", "num_train_epochs", "save_steps"},
}


def with_trainer(**trainer):
    return {**RECIPE, "trainer": trainer}


def test_shipped_recipes_pass_at_every_scale():
    for scale in ("mini", "full", "rehearsal"):
        config = configuration(scale=scale, data={"econ-qa": "klue-mrc-news"} if scale == "full" else {})
        check_recipes(study(scale=scale, data=config["data"]), config)


@pytest.mark.parametrize(
    ("trainer", "fault"),
    [
        ({"optim": "apollo_adamw"}, "trainer.optim: 'apollo_adamw' needs optim_target_modules"),
        ({"optim": "stable_adamw"}, "trainer.optim: 'stable_adamw' needs the module 'optimi'"),
        ({"lr_scheduler_type": "greedy"}, "'greedy' looks at eval_loss"),
        ({"lr_scheduler_type": "polynomial", "learning_rate": 1e-7}, "trainer.learning_rate: 'polynomial' ends at 1e-07"),
        ({"logging_steps": 7}, "trainer.save_steps: 500 is no multiple of logging_steps 7"),
        ({"eval_on_start": True}, "trainer.eval_on_start: eval_strategy is no"),
    ],
)  # fmt: skip
def test_what_no_machine_can_do_is_named(trainer, fault):
    with pytest.raises(UserError, match=f"^a recipe, .*{fault}"):
        check_recipe(with_trainer(**trainer), "a recipe")


def test_what_a_machine_may_do_passes():
    for trainer in ({}, {"lr_scheduler_type": "greedy", "eval_strategy": "steps"}, {"optim": "paged_lion_8bit"}):
        check_recipe(with_trainer(**trainer), "a recipe")


def test_layers_of_an_architecture_that_is_not_known_are_not_judged():
    strange = {**RECIPE, "lora": {"target_modules": ["c_fc_0"]}}
    check_layers(strange, "ExaoneForCausalLM", "exaone", "a recipe")
    check_layers(strange, None, "exaone", "a recipe")
    with pytest.raises(UserError, match="a recipe, lora.target_modules: 'llama' has no layer 'c_fc_0'"):
        check_layers(strange, "LlamaForCausalLM", "llama", "a recipe")
    check_layers({**RECIPE, "lora": {"target_modules": ["self_attn.q_proj"]}}, "LlamaForCausalLM", "llama", "a recipe")


def test_evaluations_without_rows_are_named():
    whole = study()
    recipe = whole.arms["qlora"]["recipe"]
    evaluating = {**recipe, "trainer": {**recipe["trainer"], "eval_strategy": "steps"}}
    arms = {**whole.arms, "qlora": {**whole.arms["qlora"], "recipe": evaluating}}
    check_recipes(replace(whole, arms=arms), configuration())
    with pytest.raises(UserError, match="trainer.eval_strategy: the rows have no split valid"):
        check_recipes(replace(whole, arms=arms, splits=["train", "test"]), configuration())


def test_a_plan_imports_no_torch():
    code = (
        "import sys; sys.path[:0] = ['scripts', 'tests/helpers']; from plans import plan_for; plan_for(); "
        "print([name for name in ('torch', 'transformers', 'trl', 'peft') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_every_option_of_the_tutorial_is_a_recipe_that_passes():
    names = sorted(path.stem for path in (ROOT / "config/recipes").glob("alpaca-*.yaml"))
    assert len(names) == 7
    for name in names:
        check_recipe(recipe_at(name, NOTHING_REPLACED), name)
    published = recipe_at("alpaca-60-steps", NOTHING_REPLACED)
    trainer = published["trainer"]
    assert trainer["max_steps"] * trainer["per_device_train_batch_size"] * trainer["gradient_accumulation_steps"] == 480
    for name in names:
        other = recipe_at(name, NOTHING_REPLACED)
        differ = {
            key
            for part in ("lora", "quantization", "trainer")
            for key in {**published[part], **other[part]}
            if published[part].get(key) != other[part].get(key)
        }
        assert differ <= CHANGED[name], name


def test_what_a_recipe_is_about_is_replaced_by_no_scale():
    lens = {"trainer": {"fp16": False, "bf16": True, "max_steps": 60, "optim": "adamw_torch"}, "quantization": {}}
    lens["quantization"] = {"bnb_4bit_compute_dtype": "bfloat16"}
    half, whole = recipe_at("alpaca-60-steps-fp16", lens), recipe_at("alpaca-one-epoch", lens)
    assert (half["trainer"]["fp16"], half["trainer"]["bf16"]) == (True, False)
    assert half["quantization"]["bnb_4bit_compute_dtype"] == "float16"
    assert (whole["trainer"]["max_steps"], whole["trainer"]["num_train_epochs"]) == (-1, 1)
    assert whole["trainer"]["optim"] == "adamw_torch"


def test_an_adapter_on_tied_embeddings_is_named():
    recipe = {**RECIPE, "lora": {"target_modules": ["q_proj", "lm_head"]}}
    with pytest.raises(UserError, match="'gemma' has its embeddings tied, so that 'lm_head' is input and output"):
        check_layers(recipe, "ExaoneForCausalLM", "gemma", "a recipe", tied=True)
    check_layers(recipe, "ExaoneForCausalLM", "gemma", "a recipe")
