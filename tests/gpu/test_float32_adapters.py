"""On a GPU an adapter is trained in float32 on every way, and rows with much padding give gradients that are numbers."""

import math

import pytest
import torch
from small_model import NF4, SETTINGS
from small_training import built, trained

from kotune.training.build import run

WAYS = {
    "fused": ({"layers": "fused"}, {"packing": True, "max_length": 1024}),
    "packed": ({"layers": "plain"}, {"packing": True, "max_length": 1024}),
    "padded": ({"layers": "plain"}, {}),
}
GEMMA2 = {**SETTINGS, "family": "gemma2", "architecture": "Gemma2ForCausalLM"}
MODELS = {
    "llama": SETTINGS,
    "gemma2-eager": {**GEMMA2, "attn_implementation": "eager"},  # transformers (5.23) knows no sdpa for Gemma 2
}


def adapter_of(made) -> dict[str, torch.Tensor]:
    """Return the numbers that are tuned, by name."""
    return {name: one for name, one in made.trainer.model.named_parameters() if one.requires_grad}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("quantization", [None, NF4], ids=["bf16", "nf4"])
def test_nearly_every_number_of_an_adapter_moves_at_a_small_rate(tmp_path, way, quantization):
    passes, trainer = WAYS[way]
    small = {**trainer, "learning_rate": 2e-5, "max_steps": 3, "save_steps": 100}
    made = built(tmp_path, passes, small, quantization)
    assert made.passes["way"] == way
    before = {name: one.detach().clone() for name, one in adapter_of(made).items()}
    assert {one.dtype for one in before.values()} == {torch.float32}
    run(made.trainer, None, tmp_path)
    after = adapter_of(made)
    moved = sum(int((after[name] != one).sum()) for name, one in before.items())
    total = sum(one.numel() for one in before.values())
    print(f"{way}: {moved:,} of {total:,} numbers moved")
    assert moved > 0.99 * total


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_rows_padded_by_more_than_a_window_give_gradients_that_are_numbers(tmp_path, model):
    lengths = (30, 4700, 500, 12)  # Gemma 2's window holds 4,096
    few = {"per_device_train_batch_size": 4, "max_steps": 2, "save_steps": 100}
    losses, made = trained(tmp_path, {"layers": "plain"}, few, quantization=None, lengths=lengths, model=model)
    assert made.passes["way"] == "padded"
    norms = [line["grad_norm"] for line in made.trainer.state.log_history if "grad_norm" in line]
    assert len(norms) == 2 and all(map(math.isfinite, [*norms, *losses.values()]))
    assert all(bool(one.isfinite().all()) for one in adapter_of(made).values())
