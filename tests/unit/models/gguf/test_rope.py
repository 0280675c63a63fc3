"""Scaled positions, which a file says in keys or in factors, come back as what transformers scales by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.models.gguf.file import GgufFile
from kotune.models.gguf.rope import llama3_factors, llama3_scaling, scaling_of


def file(**said) -> GgufFile:
    keys = {f"qwen2.rope.scaling.{key}": value for key, value in said.items()}
    return GgufFile(Path("model.gguf"), {"general.architecture": "qwen2", **keys}, {})


def test_none_linear_and_yarn():
    assert scaling_of(file()) is None and scaling_of(file(type="none")) is None
    assert scaling_of(file(type="linear", factor=4.0)) == {"rope_type": "linear", "factor": 4.0}
    yarn = file(type="yarn", factor=4.0, original_context_length=32768, finetuned=True, yarn_beta_fast=32.0)
    assert scaling_of(yarn) == {
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768, "beta_fast": 32.0,
    }  # fmt: skip


@pytest.mark.parametrize("said", [{"type": "linear"}, {"type": "yarn", "factor": 0.0}])
def test_a_scaling_without_a_factor(said):
    with pytest.raises(UserError, match=r"qwen2.rope.scaling.factor is (None|0.0)"):
        scaling_of(file(**said))


@pytest.mark.parametrize(("factor", "original"), [(8.0, 8192), (32.0, 8192), (16.0, 2048)])
def test_llama_3_s_scaling_is_read_from_its_factors(factor, original):
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaling = {"rope_type": "llama3", "factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": original}  # fmt: skip
    config = LlamaConfig(head_dim=128, rope_parameters={"rope_theta": 5e5, **scaling})
    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    plain = 1 / 5e5 ** (np.arange(0, 128, 2) / 128)
    factors = (plain / scaled.numpy()).astype(np.float32)  # what llama.cpp's converter writes
    assert np.allclose(llama3_factors(128, 5e5, factor, original), factors, rtol=1e-5)
    held = {"rope_freqs.weight": type("Tensor", (), {"data": factors})()}
    given = GgufFile(Path("model.gguf"), {"general.architecture": "llama"}, held)
    assert llama3_scaling(given, 128, 5e5) == scaling
    with pytest.raises(UserError, match="that are not Llama 3's"):
        llama3_scaling(given, 64, 5e5)
