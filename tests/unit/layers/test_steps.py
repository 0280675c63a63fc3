"""The small steps and their ways back are what torch's own layers and autograd make of them."""

import pytest
import torch

from kotune.layers import steps


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_a_norm_is_torchs_and_can_be_made_again_from_what_is_kept():
    x, weight = torch.randn(5, 16), torch.randn(16)
    y, inverse = steps.norm(x, weight, 1e-6)
    torch.testing.assert_close(y, torch.nn.functional.rms_norm(x, (16,), weight, 1e-6))
    assert inverse.shape == (5, 1) and torch.equal(steps.renorm(x, weight, inverse), y)


def test_a_norms_way_back_is_autograds_with_what_goes_past_it():
    x, weight, grad, past = torch.randn(5, 16, requires_grad=True), *torch.randn(16)[None], *torch.randn(2, 5, 16)
    torch.nn.functional.rms_norm(x, (16,), weight, 1e-6).backward(grad)
    _, inverse = steps.norm(x.detach(), weight, 1e-6)
    torch.testing.assert_close(steps.norm_backward(grad, x.detach(), weight, inverse, past), x.grad + past)


def test_heads_are_turned_as_transformers_turns_them_and_back_again():
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    heads, angles = torch.randn(7, 3, 8), torch.randn(7, 4)
    whole = torch.cat([angles, angles], -1)[None]
    expected, _ = apply_rotary_pos_emb(
        heads.transpose(0, 1)[None], heads.transpose(0, 1)[None], whole.cos(), whole.sin()
    )
    turned = heads.clone()
    steps.rotate(turned, angles.cos(), angles.sin())
    torch.testing.assert_close(turned, expected[0].transpose(0, 1))
    steps.rotate(turned, angles.cos(), angles.sin(), -1.0)
    torch.testing.assert_close(turned, heads)


def test_swiglu_and_its_way_back_are_autograds():
    gate_up, grad = torch.randn(6, 20, requires_grad=True), torch.randn(6, 10)
    gate, up = gate_up.chunk(2, -1)
    expected = torch.nn.functional.silu(gate) * up
    expected.backward(grad)
    result = steps.swiglu(gate_up.detach())
    torch.testing.assert_close(result, expected.detach())
    place, again = gate_up.detach().clone(), grad.clone()
    steps.swiglu_backward(place, again)
    torch.testing.assert_close(place, gate_up.grad)
    torch.testing.assert_close(again, result, msg="the gradient's place holds what the product below needs")


def test_results_have_their_inputs_type_and_float32_inside():
    x, weight = torch.full((1, 512), 300.0, dtype=torch.float16), torch.ones(512, dtype=torch.float16)
    y, inverse = steps.norm(x, weight, 1e-6)  # 300 squared is beyond float16
    assert y.dtype == torch.float16 and inverse.dtype == torch.float32
    torch.testing.assert_close(y, torch.ones_like(y))
