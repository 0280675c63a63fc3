"""Capped attention of packed rows through flex_attention gives what attending row by row gives; here uncompiled."""

import pytest
import torch

from kotune.layers import attention_capped
from kotune.layers.attention import Packed, by_rows

LENGTHS = (7, 12, 5)


@pytest.fixture(autouse=True)
def uncompiled(monkeypatch):
    """Leave out the compiler, which a CPU user never starts and which takes half a minute."""
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    monkeypatch.setattr(attention_capped, "FILL", 32)
    attention_capped._compiled.cache_clear()
    attention_capped._masks.clear()
    yield
    attention_capped._compiled.cache_clear()
    attention_capped._masks.clear()


def starts_of(lengths):
    return torch.tensor([0, *lengths]).cumsum(0).to(torch.int32)


def inputs(tokens, seed=2):
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(tokens, heads, 16, generator=generator) for heads in (4, 2, 2))


@pytest.mark.parametrize("window", [None, 4])
def test_packed_rows_are_attended_as_alone(window):
    q, k, v = inputs(sum(LENGTHS))
    starts = starts_of(LENGTHS)
    found = attention_capped.attend(q, k, v, starts, 0.3, window, 2.0)
    true = by_rows(q, k, v, Packed(starts, max(LENGTHS)), 0.3, window, 2.0)
    assert found.shape == q.shape
    torch.testing.assert_close(found, true, rtol=1e-4, atol=1e-5)
    uncapped = by_rows(q, k, v, Packed(starts, max(LENGTHS)), 0.3, window)
    assert not torch.allclose(uncapped, true, atol=1e-2), "the cap should matter in this test"


def test_another_pass_of_as_many_tokens_has_its_own_rows():
    q, k, v = inputs(24)
    for lengths in ((7, 12, 5), (12, 7, 5), (24,)):
        starts = starts_of(lengths)
        found = attention_capped.attend(q, k, v, starts, 0.3, None, 2.0)
        true = by_rows(q, k, v, Packed(starts, max(lengths)), 0.3, None, 2.0)
        torch.testing.assert_close(found, true, rtol=1e-4, atol=1e-5)
