"""What a file says of its model becomes a configuration; what has no place in one is refused by its key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.models.gguf.config import config_of
from kotune.models.gguf.file import GgufFile

SIZE = {
    "context_length": 4096, "embedding_length": 64, "block_count": 2, "feed_forward_length": 128,
    "attention.head_count": 4, "attention.head_count_kv": 2, "attention.layer_norm_rms_epsilon": 1e-6,
}  # fmt: skip


def file(architecture: str, tensors: tuple[str, ...] = (), **said) -> GgufFile:
    keys = {f"{architecture}.{key}": value for key, value in {**SIZE, **said}.items() if value is not None}
    held = dict.fromkeys(tensors)
    return GgufFile(Path("model.gguf"), {"general.architecture": architecture, **keys}, held)


def gemma(architecture: str, layers: int, **said) -> GgufFile:
    keys = {"attention.key_length": 32, "attention.value_length": 32, "attention.sliding_window": 512}
    return file(architecture, block_count=layers, **keys, **said)


@pytest.mark.parametrize(("architecture", "large"), [("gemma2", 46), ("gemma3", 62)])
def test_the_largest_gemmas_scale_their_queries_by_width(architecture, large):
    assert config_of(gemma(architecture, 26), 100)["query_pre_attn_scalar"] == 32
    assert config_of(gemma(architecture, large), 100)["query_pre_attn_scalar"] == 16


def test_gemma_3_sees_everything_in_every_sixth_layer_unless_the_file_says_where():
    kinds = config_of(gemma("gemma3", 12), 100)["layer_types"]
    assert [place for place, kind in enumerate(kinds) if kind == "full_attention"] == [5, 11]
    said = config_of(gemma("gemma3", 2, **{"attention.sliding_window_pattern": [False, True]}), 100)
    assert said["layer_types"] == ["full_attention", "sliding_attention"]


def test_a_head_is_tied_where_the_file_holds_none():
    assert config_of(file("llama"), 100)["tie_word_embeddings"] is True
    assert config_of(file("llama", ("output.weight",)), 100)["tie_word_embeddings"] is False


def test_biases_are_there_where_the_file_has_them():
    config = config_of(file("llama", ("blk.0.attn_q.bias",)), 100)
    assert (config["attention_bias"], config["mlp_bias"]) == (True, False)


REFUSED = {
    "an architecture": (file("mamba"), "the architecture 'mamba' is not translated from GGUF"),
    "a near name": (file("gemma"), "'gemma' is not translated from GGUF; did you mean 'gemma[23]'"),
    "experts": (file("llama", expert_count=8), r"the file says llama.expert_count = 8, which LlamaForCausalLM has no"),
    "a window": (file("qwen2", **{"attention.sliding_window": 512}), r"qwen2\.attention\.sliding_window = 512"),
    "heads of two sizes": (
        file("llama", **{"attention.key_length": 16, "attention.value_length": 32}),
        r"llama\.attention\.value_length is 32 and attention\.key_length 16",
    ),
    "layers that differ": (file("llama", feed_forward_length=[128, 256]), "feed_forward_length differs from layer"),
    "a scaling": (file("llama", **{"rope.scaling.type": "longrope"}), r"llama\.rope\.scaling\.type is 'longrope'"),
    "part of a scaling": (
        file("llama", **{"rope.scaling.type": "linear", "rope.scaling.factor": 2.0, "rope.scaling.yarn_log_mul": 0.1}),
        r"llama\.rope\.scaling\.yarn_log_mul = 0.1 has no place in a 'linear' scaling",
    ),
    "an encoder": (file("llama", **{"attention.causal": False}), "attention.causal is false"),
    "a missing size": (file("llama", embedding_length=None), r"llama\.embedding_length is missing"),
    "a missing window": (file("gemma2"), r"gemma2\.attention\.sliding_window is missing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_translated_is_named(name):
    given, message = REFUSED[name]
    with pytest.raises(UserError, match=message):
        config_of(given, 100)


def test_rope_factors_that_are_not_llama_3_s(tmp_path):
    given = file("llama", ("rope_freqs.weight",))
    given.tensors["rope_freqs.weight"] = type("Tensor", (), {"data": np.array([1.0, 2, 3, 4, 5, 6, 7, 9])})()
    with pytest.raises(UserError, match=r"rope_freqs.weight holds 8 factors up to 9 that are not Llama 3's"):
        config_of(given, 100)
