"""A pass keeps what the way back needs, or makes it again, and gives the same gradients either way."""

from dataclasses import replace

import pytest
import torch
from tuned_layers import tuned

from kotune.layers import fused_pass
from kotune.layers.attention import Packed
from kotune.layers.fused import Batch, FusedModel, Room
from kotune.layers.fused_pass import passed

LENGTHS = (7, 12, 5)


@pytest.fixture(scope="module")
def batch():
    generator = torch.Generator().manual_seed(3)
    ids = torch.cat([torch.randint(0, 97, (length,), generator=generator) for length in LENGTHS])
    labels = ids.clone()
    labels[: LENGTHS[0]] = -100
    starts = torch.tensor([0, *LENGTHS]).cumsum(0).to(torch.int32)
    return Batch(ids, torch.cat([torch.arange(length) for length in LENGTHS]), labels, Packed(starts, max(LENGTHS)))


@pytest.fixture(scope="module")
def model():
    return FusedModel(tuned())


@pytest.mark.parametrize(
    "room", [Room(kept_layers=0), Room(kept_layers=2), Room(chunk=5), Room(kept_layers=0, chunk=5)]
)
def test_what_is_made_again_gives_the_gradients_of_what_was_kept(model, batch, room):
    with torch.no_grad():
        expected, whole = passed(model, batch, Room(), learn=True)
        loss, grads = passed(model, batch, room, learn=True)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert len(grads) == len(whole) == len(model.adapters.parameters)
    for grad, wanted in zip(grads, whole, strict=True):
        torch.testing.assert_close(grad, wanted, rtol=1e-4, atol=1e-6)


def test_where_nothing_is_learned_nothing_is_kept(model, batch):
    with torch.no_grad():
        expected, _ = passed(model, batch, Room(), learn=True)
        loss, grads = passed(model, batch, Room(), learn=False)
    assert grads == [] and loss.item() == pytest.approx(expected.item(), rel=1e-6)


def test_logits_come_a_chunk_at_a_time_with_the_same_sum(model, batch, monkeypatch):
    with torch.no_grad():
        expected, whole = passed(model, batch, Room(), learn=True)
        monkeypatch.setattr(fused_pass, "CHUNK", 3)
        loss, grads = passed(model, batch, Room(), learn=True)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    torch.testing.assert_close(grads, whole, rtol=1e-4, atol=1e-6)


def test_a_pass_in_which_nothing_is_learned_loses_nothing(model, batch):
    nothing = replace(batch, labels=torch.full_like(batch.labels, -100))
    with torch.no_grad():
        loss, grads = passed(model, nothing, Room(kept_layers=0), learn=True)
    assert loss.item() == 0 and not any(grad.any() for grad in grads)


def test_inputs_on_a_shelf_come_back_for_the_way_back(model, batch):
    with torch.no_grad():
        _, whole = passed(model, batch, Room(), learn=True)
        _, grads = passed(model, batch, Room(kept_layers=0, offload=True, chunk=3), learn=True)
    torch.testing.assert_close(grads, whole, rtol=1e-4, atol=1e-6)
