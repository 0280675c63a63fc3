"""On a GPU the fast ways learn what the plain ones learn, within what 16 bits can hold."""

import shutil

import pytest
import torch
from small_model import LENGTHS, NF4, SETTINGS, distance, gradients, packed, rows, stock, tuned
from small_training import trained

from kotune.layers import attention
from kotune.layers.fused import FusedModel, Room
from kotune.models import random_weights
from kotune.training.adapter_file import write_adapter

ROOMS = {"all kept": Room(), "none kept": Room(kept_layers=0), "on the host": Room(kept_layers=1, offload=True, chunk=256)}  # fmt: skip


@pytest.fixture(scope="module", params=[None, NF4], ids=["bf16", "nf4"])
def true(request):
    """The quantization, and the loss and gradients of the same weights in float32 through the plain layers."""
    model = tuned(request.param, "float32")
    loss = stock(model, *rows())
    loss.backward()
    return request.param, float(loss.detach()), gradients(model)


def test_fused_layers_are_as_near_to_float32_as_the_plain_ones(true, record_property):
    quantization, loss, grads = true
    model = tuned(quantization)
    with torch.autocast("cuda", torch.bfloat16):
        plain = stock(model, *rows())
    plain.backward()
    allowed_loss, allowed = abs(float(plain.detach()) - loss) / loss, distance(gradients(model), grads)
    fused = FusedModel(model)
    for name, room in ROOMS.items():
        made = fused.loss(packed(*rows()), room)
        made.backward()
        off_loss, off = abs(float(made.detach()) - loss) / loss, distance(gradients(model), grads)
        print(f"{name}: loss off by {off_loss:.1e} (plain {allowed_loss:.1e}), gradients by {off:.2%} ({allowed:.2%})")
        assert off_loss < max(1.5 * allowed_loss, 1e-3)
        assert off < 1.5 * allowed < 0.1


def test_no_row_sees_its_neighbour(true, monkeypatch):
    monkeypatch.setattr(attention, "kernel_for", lambda *_: "rows")  # adds up in one order; the others: see below
    model = tuned(true[0])
    fused = FusedModel(model)
    ids, labels = rows()
    labels[1] = torch.full_like(labels[1], -100)
    losses, grads = [], []
    for _ in range(2):
        made = fused.loss(packed(ids, labels))
        made.backward()
        losses.append(float(made.detach()))
        grads.append(gradients(model))
        ids[1] = ids[1].flip(0)
    assert losses[0] == losses[1]
    assert distance(*grads) < 1e-5


def test_the_fast_attention_sees_no_neighbour_beyond_its_own_noise():
    """Flash attention adds up the gradient of queries in any order: equal calls differ by 1e-6, whole layers by 1e-3."""
    torch.manual_seed(0)
    starts = torch.tensor([0, *LENGTHS]).cumsum(0).to(torch.int32).cuda()
    joint = torch.randn(sum(LENGTHS), 12, 128, device="cuda", dtype=torch.bfloat16)
    grad = torch.randn(sum(LENGTHS), 8, 128, device="cuda", dtype=torch.bfloat16)
    silent = slice(int(starts[1]), int(starts[2]))
    grad[silent] = 0
    found = []
    for turned in (False, True):
        if turned:
            joint[silent] = joint[silent].flip(0)
        asked = attention.Attention(attention.Packed(starts, max(LENGTHS)), joint, 8, 2, None)
        out, saved = asked.forward(joint)
        back = asked.backward(grad, joint, out, saved)
        assert not back[silent].any()
        out[silent] = 0
        found.append((out.float(), back.float()))
    assert torch.equal(found[0][0], found[1][0])
    assert (found[0][1] - found[1][1]).norm() < 1e-4 * found[0][1].norm()


def test_packed_fused_and_padded_training_lose_the_same(tmp_path):
    padded, _ = trained(tmp_path / "padded", {"layers": "plain"}, {})
    pack = {"packing": True, "max_length": 1024}
    packed_losses, own = trained(tmp_path / "packed", {"layers": "plain"}, pack)
    fused, built = trained(tmp_path / "fused", {"layers": "fused"}, pack)
    assert own.passes["way"] == "packed" and built.passes["way"] == "fused"
    print(padded, packed_losses, fused)
    for step, loss in padded.items():
        assert packed_losses[step] == pytest.approx(loss, rel=1e-3)
        assert fused[step] == pytest.approx(loss, rel=1e-3)
    assert list(padded.values())[-1] < list(padded.values())[0]


def test_a_resumed_training_sees_the_same_batches(tmp_path):
    asked = {"per_device_train_batch_size": 2, "packing": True, "max_length": 1024}
    whole, _ = trained(tmp_path, {"layers": "fused"}, asked)
    shutil.rmtree(tmp_path / "checkpoint-4")
    resumed, _ = trained(tmp_path, {"layers": "fused"}, asked, checkpoint=2)
    assert {3, 4} <= resumed.keys()
    for step in (3, 4):
        assert resumed[step] == pytest.approx(whole[step], rel=1e-4)


def test_the_adapter_loads_in_plain_peft_with_the_same_logits(tmp_path):
    from peft import PeftModel

    _, built = trained(tmp_path, {"layers": "fused"}, {}, quantization=None)
    write_adapter(built.trainer.model, "small", tmp_path / "adapter")
    base = random_weights.load_model(SETTINGS, None, {"device": "auto", "threads": 2}).model
    loaded = PeftModel.from_pretrained(base, str(tmp_path / "adapter")).eval()
    ids, labels = rows()
    with torch.no_grad(), torch.autocast("cuda", torch.bfloat16):
        own, other = (model(input_ids=ids[0][None]).logits for model in (built.trainer.model.eval(), loaded))
        assert torch.equal(own, other)
        fused = float(FusedModel(loaded).loss(packed(ids, labels)))
    with torch.no_grad():
        assert fused == pytest.approx(float(stock(loaded, ids, labels)), rel=2e-3)


def test_what_the_passes_hold_stays_below_what_was_allowed(tmp_path):
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated() / 2**30  # what earlier tests left
    allowed = {"layers": "fused", "memory_gib": before + 0.4, "tokens": 8192}
    _, built = trained(tmp_path, allowed, {"packing": True, "max_length": 4096})
    assert built.record()["rooms"]
    assert torch.cuda.max_memory_reserved() / 2**30 < before + 0.4
