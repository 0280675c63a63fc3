"""Policies: how likely a model makes an answer, and the policy that a training began with, kept exactly."""

import pytest
import torch
from tiny_model import RECIPE, make_model

from kotune.models import loading
from kotune.training import policies

ROWS = [([3, 9, 11], [40, 41, 42]), ([7], [50, 1])]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    from peft import LoraConfig, get_peft_model

    settings = make_model(tmp_path_factory.mktemp("policies") / "model")
    base = loading.load_model(settings, None, {"device": "cpu", "threads": 1}).model
    made = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **RECIPE["lora"]))
    torch.manual_seed(1)
    for name, parameter in made.named_parameters():
        if "lora_" in name:
            parameter.data = torch.randn_like(parameter) * 0.1
    return made.eval()


def of(model, temperature=1.0):
    return policies.log_probabilities(model, policies.batch_of(ROWS, 0, "cpu"), temperature)


def alone(model, temperature):
    """What transformers' own forward says of each row alone."""
    found = []
    for prompt, answer in ROWS:
        logits = model(input_ids=torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1] / temperature
        found.append(logits.log_softmax(-1).gather(-1, torch.tensor(answer)[:, None])[:, 0])
    return torch.cat(found)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_each_token_has_the_log_probability_that_the_model_gives_it(model, temperature):
    with torch.no_grad():
        assert torch.allclose(of(model, temperature), alone(model, temperature), atol=1e-5)


def test_many_positions_in_parts_have_the_same_gradient(model, monkeypatch):
    def gradient():
        model.zero_grad()
        of(model).sum().backward()
        return [parameter.grad.clone() for parameter in model.parameters() if parameter.requires_grad]

    whole = gradient()
    monkeypatch.setattr(policies, "CHUNK", 2)
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(whole, gradient(), strict=True))


def test_models_that_scale_their_logits_go_the_long_way(model, monkeypatch):
    with torch.no_grad():
        short = of(model)
        monkeypatch.setattr(model.get_base_model().config, "logit_scale", 1.0, raising=False)
        assert torch.allclose(of(model), short, atol=1e-6)


def test_the_frozen_policy_is_the_one_it_was_and_the_trained_one_comes_back(model):
    frozen = policies.Frozen(model)
    with torch.no_grad():
        before = of(model)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        for parameter in trained:
            parameter.add_(0.05)
        after = of(model)
        assert not torch.equal(before, after)
        with frozen.in_place(model):
            assert torch.equal(of(model), before)
        assert torch.equal(of(model), after)
    assert all(parameter.requires_grad for parameter in trained)


def test_without_dropout_each_module_keeps_its_own_mode(model):
    model.train()
    held = model.get_base_model().lm_head
    held.eval()
    with policies.without_dropout(model):
        assert not any(module.training for module in model.modules())
    assert model.training
    assert not held.training
    model.eval()
