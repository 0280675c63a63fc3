"""GRPO: the step is TRL's own, and what cannot be is refused before a model is loaded."""

import dataclasses

import beside_trl
import pytest
import rewarded_training
import torch

from kotune.core.errors import UserError
from kotune.training import groups, train
from kotune.training.methods import grpo

RECIPE = {"method": "grpo", "arguments": {"reward": "pass_at_1"}, "trainer": {}}


@pytest.mark.parametrize(("beta", "corrected"), [(0.0, True), (0.2, True), (0.2, False)])
@pytest.mark.parametrize("loss_type", grpo.LOSSES)
def test_a_steps_gradient_is_trls(tmp_path, loss_type, beta, corrected):
    from trl import GRPOConfig, GRPOTrainer

    model, tokenizer = beside_trl.policy(tmp_path)
    given = beside_trl.config(
        GRPOConfig, loss_type=loss_type, beta=beta, temperature=0.8, use_bias_correction_kl=corrected
    )
    theirs = beside_trl.trl_trainer(GRPOTrainer, model, tokenizer, given)
    frozen = beside_trl.reference_and_policy(model)
    theirs.current_gradient_accumulation_steps = 1
    inputs = beside_trl.padded_apart()
    inputs["num_items_in_batch"] = inputs["completion_mask"].sum()
    advantages = groups.from_the_mean(beside_trl.REWARDS, "group")
    inputs["advantages"] = torch.tensor([one for group in advantages for one in group])
    if beta:
        whole = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
        mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)
        with torch.no_grad(), frozen.in_place(model):
            found = theirs._get_per_token_logps_and_entropies(model, whole, mask, inputs["completion_ids"].shape[1])
        inputs["ref_per_token_logps"] = found[0]
    theirs._compute_loss(model, inputs).backward()
    expected = beside_trl.gradients(model)
    ours, _ = beside_trl.Ours(model, tokenizer, given, grpo.rule_of(given)).gradients(frozen if beta else None)
    assert any(one.abs().max() > 1e-3 for one in expected)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(ours, expected, strict=True))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arguments": {}}, "arguments.reward: it is missing"),
        ({"trainer": {"num_generations": 3}}, "num_generations: 3 answers to a row do not divide the 8 of a step"),
        ({"trainer": {"num_generations": 1}}, "1 answer cannot be compared with others"),
        ({"trainer": {"loss_type": "dapoo"}}, "loss_type: unknown 'dapoo'.*dapo"),
        ({"trainer": {"loss_type": "bnpo"}}, "bnpo depends on how a step is cut"),
        ({"trainer": {"scale_rewards": "groups"}}, "scale_rewards: unknown 'groups'.*group"),
        ({"trainer": {"eval_strategy": "steps"}}, "there is no loss to evaluate"),
        ({"trainer": {"fp16": True}}, "fp16: a step that teaches nothing"),
        ({"loss": "all"}, "recipe.loss: method 'grpo' has no such thing"),
    ],
)
def test_what_a_recipe_cannot_ask_is_refused(changes, said):
    with pytest.raises(UserError, match=said):
        grpo.check({**RECIPE, **changes})


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    return rewarded_training.order(tmp_path_factory.mktemp("grpo"))


def test_what_is_about_drawing_cannot_be_set(order, tmp_path):
    for key, value in {"top_p": 0.9, "steps_per_generation": 2, "use_vllm": True, "disable_dropout": False}.items():
        with pytest.raises(UserError, match=f"recipe.trainer.{key}: a recipe cannot set it"):
            train.train(rewarded_training.with_trainer(order, tmp_path / "run", **{key: value}))


def test_it_goes_on_from_an_adapter_and_looks_at_rows(order, tmp_path):
    for change, said in (({"adapter": None}, "goes on from an arm's adapter"), ({"rows": None}, "give --rows")):
        with pytest.raises(UserError, match=said):
            train.train(dataclasses.replace(order, folder=tmp_path / "run", **change))


def test_a_window_that_is_too_small_and_too_few_rows_are_refused(order, tmp_path):
    small = dataclasses.replace(order, model={**order.model, "context_window": 30}, folder=tmp_path / "run")
    with pytest.raises(
        UserError, match="max_completion_length: 8 tokens behind the .* are more than the model's window"
    ):
        train.train(small)
    with pytest.raises(UserError, match="there are 6 rows to answer, and a step takes 8"):
        train.train(rewarded_training.with_trainer(order, tmp_path / "run", per_device_train_batch_size=32))


def test_a_job_is_told_how_its_reward_is_computed(order, tmp_path):
    recipe = {key: value for key, value in order.recipe.items() if key != "rewarded"}
    with pytest.raises(UserError, match="recipe.rewarded: it is missing"):
        train.train(dataclasses.replace(order, recipe=recipe, folder=tmp_path / "run"))
