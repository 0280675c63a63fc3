"""On a GPU, in bfloat16: policy and reference begin as one, a step of a millionth moves the adapter, and no gradient is lost."""

import dataclasses
import math

import pairs
import pytest
from safetensors.torch import load_file

from kotune.core.storage import read_jsonl
from kotune.training.train import train

BFLOAT16 = {"bf16": True, "logging_steps": 1, "save_steps": 4, "max_steps": 4, "per_device_train_batch_size": 6}
NF4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "bfloat16"}


@pytest.mark.parametrize("quantization", [None, NF4], ids=["16 bits", "4 bits"])
def test_the_first_loss_is_the_logarithm_of_two_and_a_small_step_moves_the_adapter(tmp_path, quantization):
    first = pairs.started(tmp_path)
    order = pairs.preferring(first, tmp_path / "run", {**BFLOAT16, "learning_rate": 1e-6}, quantization=quantization)
    on_gpu = {"compute": {"device": "auto", "threads": 2}, "model": {**order.model, "dtype": "bfloat16"}}
    train(dataclasses.replace(order, **on_gpu))
    lines = read_jsonl(order.folder / "curve.jsonl")
    assert lines[0]["loss"] == pytest.approx(math.log(2), abs=1e-3), "both read the batch in one shape"
    assert all(math.isfinite(line["grad_norm"]) for line in lines)
    before, after = (load_file(folder / "adapter_model.safetensors") for folder in (first.folder, order.folder))
    for part in ("lora_A", "lora_B"):
        moved = sum(int((after[name] != one).sum()) for name, one in before.items() if part in name)
        assert moved > 0.95 * sum(one.numel() for name, one in before.items() if part in name)
