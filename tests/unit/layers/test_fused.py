"""The fused layers against transformers' and peft's own, in float32 on a CPU."""

import pytest
import torch
from tuned_layers import ALL, tuned

from kotune.layers import fused as fused_layers
from kotune.layers.attention import Packed
from kotune.layers.fused import Batch, Room

LENGTHS = (7, 12, 5)


def rows() -> tuple[list, list]:
    generator = torch.Generator().manual_seed(3)
    ids = [torch.randint(0, 97, (length,), generator=generator) for length in LENGTHS]
    labels = [torch.cat([torch.full((length - 3,), -100), one[-3:]]) for one, length in zip(ids, LENGTHS, strict=True)]
    return ids, labels


def packed_batch(ids: list, labels: list) -> Batch:
    starts = torch.tensor([0, *LENGTHS]).cumsum(0).to(torch.int32)
    positions = torch.cat([torch.arange(len(one)) for one in ids])
    return Batch(torch.cat(ids), positions, torch.cat(labels), Packed(starts, max(LENGTHS)))


def plain_loss(model, ids: list, labels: list):
    """Return the summed loss of the rows, one by one, through transformers' own layers."""
    total = 0
    for one, label in zip(ids, labels, strict=True):
        logits = model(input_ids=one[None]).logits[0, :-1].float()
        total = total + torch.nn.functional.cross_entropy(logits, label[1:], ignore_index=-100, reduction="sum")
    return total


def gradients(model) -> dict:
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.requires_grad}


@pytest.mark.parametrize("architecture", ["Llama", "Qwen2", "Mistral"])
@pytest.mark.parametrize("kept, chunk", [(None, None), (0, None), (0, 5), (2, 7)])
def test_loss_and_gradients_are_those_of_separate_rows(architecture, kept, chunk):
    model = tuned(architecture)
    ids, labels = rows()
    loss = plain_loss(model, ids, labels)
    loss.backward()
    expected = gradients(model)
    model.zero_grad()
    fused = fused_layers.FusedModel(model)
    made = fused.loss(packed_batch(ids, labels), Room(kept_layers=kept, chunk=chunk))
    made.backward()
    assert float(made.detach()) == pytest.approx(float(loss.detach()), rel=1e-5)
    for name, grad in gradients(model).items():
        torch.testing.assert_close(
            grad, expected[name], rtol=1e-4, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_a_recipe_that_tunes_two_projections_gets_their_gradients():
    model = tuned(targets=["q_proj", "v_proj"])
    ids, labels = rows()
    plain_loss(model, ids, labels).backward()
    expected = gradients(model)
    model.zero_grad()
    fused_layers.FusedModel(model).loss(packed_batch(ids, labels)).backward()
    for name, grad in gradients(model).items():
        torch.testing.assert_close(grad, expected[name], rtol=1e-4, atol=1e-5)


def test_a_row_never_sees_its_neighbour():
    model = tuned()
    fused = fused_layers.FusedModel(model)
    ids, labels = rows()
    only_first = [labels[0], *(torch.full_like(one, -100) for one in labels[1:])]
    before = fused.loss(packed_batch(ids, only_first))
    other = [ids[0], (ids[1] + 1) % 97, (ids[2] + 5) % 97]
    after = fused.loss(packed_batch(other, only_first))
    assert float(before) == float(after)


def test_a_sliding_window_is_kept():
    model = tuned("Mistral", sliding_window=4)
    ids, labels = rows()
    with torch.no_grad():
        expected = plain_loss(model, ids, labels)
    fused = fused_layers.FusedModel(model)
    assert fused.window == 4
    made = fused.loss(packed_batch(ids, labels))
    assert float(made.detach()) == pytest.approx(float(expected), rel=1e-5)


def test_what_the_layers_cannot_do_is_refused_with_the_reason():
    config = tuned().get_base_model().config
    lora = {"target_modules": ALL}
    assert fused_layers.refusal(config, lora) is None
    assert "dropout" in fused_layers.refusal(config, {**lora, "lora_dropout": 0.1})
    assert "lm_head" in fused_layers.refusal(config, {"target_modules": ["q_proj", "lm_head"]})
    assert fused_layers.refusal(config, {"target_modules": "all-linear"}) is None  # every layer but the output
    assert "q_.*" in fused_layers.refusal(config, {"target_modules": "q_.*"})
    config.architectures = ["Gemma2ForCausalLM"]
    assert "Gemma2ForCausalLM" in fused_layers.refusal(config, lora)


def test_the_model_itself_still_gives_the_same_logits():
    model = tuned()
    ids, _ = rows()
    with torch.no_grad():
        before = model(input_ids=ids[0][None]).logits
        fused_layers.FusedModel(model)
        after = model(input_ids=ids[0][None]).logits
    torch.testing.assert_close(before, after)
