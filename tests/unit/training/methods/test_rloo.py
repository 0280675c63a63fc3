"""RLOO: the step is TRL's own."""

import beside_trl
import pytest
import torch

from kotune.core.errors import UserError
from kotune.training.methods import rloo


@pytest.mark.parametrize("beta", [0.0, 0.2])
def test_a_steps_gradient_is_trls(tmp_path, beta):
    from trl import RLOOConfig, RLOOTrainer

    model, tokenizer = beside_trl.policy(tmp_path)
    given = beside_trl.config(RLOOConfig, beta=beta, temperature=0.8)
    theirs = beside_trl.trl_trainer(RLOOTrainer, model, tokenizer, given)
    frozen = beside_trl.reference_and_policy(model)
    ours, advantages = beside_trl.Ours(model, tokenizer, given, rloo.rule_of(given)).gradients(frozen if beta else None)
    inputs = beside_trl.padded_apart()
    whole = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
    mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)

    def per_token():
        with torch.no_grad():
            return theirs._get_per_token_logps_and_entropies(model, whole, mask, inputs["completion_ids"].shape[1])[0]

    own = per_token()
    with frozen.in_place(model):
        far = ((own - per_token()) * inputs["completion_mask"]).sum(1)
    rewards = torch.tensor(beside_trl.REWARDS) - beta * far.view(2, 3)
    expected_advantages = (rewards - (rewards.sum(1, keepdim=True) - rewards) / 2).flatten()
    assert advantages == pytest.approx(expected_advantages.tolist(), abs=1e-5)
    inputs |= {"advantages": expected_advantages, "old_logps": (own * inputs["completion_mask"]).sum(1)}
    theirs._compute_loss(model, inputs).backward()
    expected = beside_trl.gradients(model)
    assert any(one.abs().max() > 1e-3 for one in expected)
    assert all(torch.allclose(one, other, atol=1e-4) for one, other in zip(ours, expected, strict=True))


def test_what_a_recipe_cannot_ask_is_refused():
    recipe = {"method": "rloo", "arguments": {"reward": "pass_at_1"}, "trainer": {"num_generations": 5}}
    with pytest.raises(UserError, match="5 answers to a row do not divide the 8 of a step"):
        rloo.check(recipe)
