"""Projections of one input, joined: peft's outputs and gradients, and the model's own weights are still the model's."""

import pytest
import torch
from peft import LoraConfig, get_peft_model

from kotune.layers.weights import Adapters, Scratch, joined


class Model(torch.nn.Module):
    """Three projections of one input, of different widths."""

    def __init__(self, bias):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = (torch.nn.Linear(64, out, bias=bias) for out in (64, 128, 64))

    def forward(self, x):
        return torch.cat([self.q_proj(x), self.k_proj(x), self.v_proj(x)], dim=-1)


def tuned(targets, bias=False, four_bit=False):
    torch.manual_seed(1)
    base = Model(bias)
    if four_bit:
        import bitsandbytes as bnb

        for name in ("q_proj", "k_proj", "v_proj"):
            plain = getattr(base, name)
            own = bnb.nn.Linear4bit(64, plain.out_features, bias=False, quant_type="nf4", compute_dtype=torch.float32)
            own.weight = bnb.nn.Params4bit(plain.weight.data, requires_grad=False, quant_type="nf4").to("cpu")
            setattr(base, name, own)
    model = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, target_modules=targets))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    return model


def group_of(model):
    base = model.get_base_model()
    group = joined([base.q_proj, base.k_proj, base.v_proj], Scratch(), torch.float32)
    adapters = Adapters([group])
    adapters.refresh()
    return group, adapters


# four-bit weights are multiplied on a GPU alone: tests/gpu/test_fused_training.py
@pytest.mark.parametrize(
    ("targets", "bias"), [(["q_proj", "k_proj", "v_proj"], False), (["q_proj", "v_proj"], True), (["k_proj"], False)]
)
def test_outputs_and_gradients_are_pefts(targets, bias):
    model, x, grad = tuned(targets, bias), torch.randn(5, 64), torch.randn(5, 256)
    own = x.clone().requires_grad_()
    expected = model(own)
    expected.backward(grad)
    true = [parameter.grad for parameter in model.parameters() if parameter.requires_grad]
    group, adapters = group_of(model)
    made, low = group.forward(x)
    torch.testing.assert_close(made, expected.detach(), rtol=1e-4, atol=1e-4)
    back, of = group.backward(grad, low)
    torch.testing.assert_close(back, own.grad, rtol=1e-4, atol=1e-4)
    found = adapters.gradients(group.collect(x, of))
    assert len(found) == 2 * len(targets)
    for one, other in zip(found, true, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_the_adapter_can_be_left_off():
    model, x = tuned(["q_proj", "v_proj"]), torch.randn(5, 64)
    with model.disable_adapter():
        expected = model(x)
    group, _ = group_of(model)
    torch.testing.assert_close(group.forward(x, adapter=False)[0], expected.detach())


def test_what_a_step_of_the_optimizer_changes_is_seen_in_the_next_pass():
    model, x = tuned(["q_proj"]), torch.randn(5, 64)
    group, adapters = group_of(model)
    before, _ = group.forward(x)
    with torch.no_grad():
        adapters.parameters[0].add_(1.0)
    assert torch.equal(group.forward(x)[0], before)
    adapters.refresh()
    torch.testing.assert_close(group.forward(x)[0], model(x).detach(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("four_bit", [False, True])
def test_the_models_own_weights_are_views_of_the_joined_ones(four_bit):
    model, x = tuned(["q_proj"], four_bit=four_bit), torch.randn(5, 64)
    before = model(x).detach()
    group, _ = group_of(model)
    torch.testing.assert_close(model(x).detach(), before, rtol=0, atol=0)
    held = group.dense if group.dense is not None else group.four_bit.packed
    weight = model.get_base_model().v_proj.weight
    assert weight.untyped_storage().data_ptr() == held.untyped_storage().data_ptr(), "memory is not doubled"


def test_only_one_matrix_is_there_in_sixteen_bits_at_a_time():
    scratch = Scratch()
    large = scratch.matrix(8, 4, torch.zeros(1), torch.float32)
    small = scratch.matrix(2, 3, torch.zeros(1), torch.float32)
    assert small.shape == (2, 3) and small.data_ptr() == large.data_ptr()
