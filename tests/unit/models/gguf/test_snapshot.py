"""A model written as GGUF and read back answers like the model that it was written from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Kind
from gguf_files import write_gguf, write_tokenizer
from transformers import AutoConfig, AutoModelForCausalLM

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.models.gguf.file import read_gguf
from kotune.models.gguf.rope import llama3_factors
from kotune.models.gguf.snapshot import write_snapshot
from kotune.models.loading import load_model, load_tokenizer

TOKENIZER = ROOT / "resources/mini/models/tiny-qwen2/tokenizer.json"
VOCABULARY = 4096
SIZE = {
    "vocab_size": VOCABULARY, "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 8192, "rms_norm_eps": 1e-6,
}  # fmt: skip
LLAMA3 = {
    "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 1024,
}  # fmt: skip
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 1024}
PLAIN = {"rope_type": "default"}
HEAD = 32  # not hidden / heads: a file's own size counts


def _model(model_type: str, **more):
    torch.manual_seed(7)
    config = AutoConfig.for_model(model_type, **{**SIZE, **more})
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = 0.3 if name.endswith(("norm.weight", "bias")) or "norm" in name else 0.08
            parameter.add_(torch.randn(parameter.shape) * spread)
    return model


def _rope_freqs(theta: float, size: int):
    def add(writer):
        writer.add_rope_freq_base(theta)
        factors = llama3_factors(size, theta, LLAMA3["factor"], LLAMA3["original_max_position_embeddings"])
        writer.add_tensor("rope_freqs.weight", factors.astype(np.float32))

    return add


def _keys(**values):
    def add(writer):
        for name, value in values.items():
            getattr(writer, f"add_{name}")(value)

    return add


def _scaled(kind: str, factor: float, original: int | None = None, theta: float = 10000.0):
    import gguf

    def add(writer):
        writer.add_rope_freq_base(theta)
        writer.add_rope_scaling_type(gguf.RopeScalingType(kind))
        writer.add_rope_scaling_factor(factor)
        if original is not None:
            writer.add_rope_scaling_orig_ctx_len(original)

    return add


def _gemma3_rope(scaling: dict) -> dict:
    return {
        "full_attention": {"rope_theta": 1e6, **scaling},
        "sliding_attention": {"rope_theta": 10000.0, **PLAIN},
    }


# architecture of the file, transformers' type, its settings, what the file says of them
MODELS = {
    "llama": ("llama", "llama", {"rope_parameters": {"rope_theta": 10000.0, **PLAIN}}, _keys()),
    "llama, own head size and biases": (
        "llama", "llama",
        {"head_dim": HEAD, "attention_bias": True, "mlp_bias": True,
         "rope_parameters": {"rope_theta": 5e5, **PLAIN}},
        _keys(rope_freq_base=5e5),
    ),
    "llama 3.2": (
        "llama", "llama", {"tie_word_embeddings": True, "rope_parameters": {"rope_theta": 5e5, **LLAMA3}},
        _rope_freqs(5e5, 16),
    ),
    "llama, linear": (
        "llama", "llama", {"rope_parameters": {"rope_theta": 10000.0, "rope_type": "linear", "factor": 4.0}},
        _scaled("linear", 4.0),
    ),
    "qwen2": ("qwen2", "qwen2", {"rope_parameters": {"rope_theta": 1e6, **PLAIN}}, _keys(rope_freq_base=1e6)),
    "qwen2, yarn": (
        "qwen2", "qwen2", {"rope_parameters": {"rope_theta": 1e6, **YARN}}, _scaled("yarn", 4.0, 1024, 1e6),
    ),
    "qwen3, own head size": (
        "qwen3", "qwen3", {"head_dim": HEAD, "rope_parameters": {"rope_theta": 1e6, **PLAIN}},
        _keys(rope_freq_base=1e6),
    ),
    "gemma2": (
        "gemma2", "gemma2",
        {"head_dim": HEAD, "query_pre_attn_scalar": HEAD, "sliding_window": 512, "attn_logit_softcapping": 40.0,
         "final_logit_softcapping": 20.0, "rope_parameters": {"rope_theta": 10000.0, **PLAIN}},
        _keys(sliding_window=512, attn_logit_softcapping=40.0, final_logit_softcapping=20.0),
    ),
    "gemma3": (
        "gemma3", "gemma3_text",
        {"head_dim": HEAD, "query_pre_attn_scalar": HEAD, "sliding_window": 512, "num_hidden_layers": 7,
         "rope_parameters": _gemma3_rope(PLAIN)},
        _keys(sliding_window=512, rope_freq_base=1e6),
    ),
    "gemma3, linear": (
        "gemma3", "gemma3_text",
        {"head_dim": HEAD, "query_pre_attn_scalar": HEAD, "sliding_window": 512, "num_hidden_layers": 7,
         "rope_parameters": _gemma3_rope({"rope_type": "linear", "factor": 8.0})},
        lambda writer: (writer.add_sliding_window(512), _scaled("linear", 8.0, theta=1e6)(writer)),
    ),
}  # fmt: skip


def _with_tokenizer(writer) -> None:
    write_tokenizer(writer, TOKENIZER, "qwen2", {"eos": "<|im_end|>", "pad": "<|endoftext|>"})


def _read_back(folder, name: str, kind: Kind = Kind.F32, **more):
    architecture, model_type, settings, keys = MODELS[name]
    model = _model(model_type, **{**settings, **more})
    path = write_gguf(folder / "model.gguf", model, architecture, kind, keys, _with_tokenizer)
    said = write_snapshot(read_gguf(path), folder / "snapshot")
    loaded = load_model({"path": str(folder / "snapshot")}, None, {"device": "cpu"}).model
    return model, loaded.eval(), said


def _logits(model, positions: int) -> torch.Tensor:
    ids = torch.randint(0, VOCABULARY, (1, positions), generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        return model(ids).logits[0]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_read_back_gives_the_same_logits_at_4000_positions(tmp_path, name):
    model, loaded, _ = _read_back(tmp_path, name)
    expected, found = _logits(model, 4000), _logits(loaded, 4000)
    # Gemma's norms are stored as 1 + weight, whose rounding is all that differs
    bound = 2e-4 if "gemma" in name else 0.0
    assert (expected - found).abs().max() <= bound * expected.abs().max()
    assert torch.equal(expected.argmax(-1), found.argmax(-1))


def test_half_precision_is_kept_as_it_is(tmp_path):
    model, loaded, said = _read_back(tmp_path, "qwen2", Kind.F16)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.copy_(parameter.half().float())
    assert torch.equal(_logits(model, 4000), _logits(loaded, 4000))
    assert said["quantisation"] == "F16"


@pytest.mark.parametrize(("kind", "error"), [(Kind.Q8_0, 0.01), (Kind.Q4_K, 0.15)])
def test_quantised_weights_come_back_near_what_they_were(tmp_path, kind, error):
    model, loaded, said = _read_back(tmp_path, "qwen2", kind, hidden_size=256, intermediate_size=512)
    for (name, one), (_, other) in zip(model.named_parameters(), loaded.named_parameters(), strict=True):
        assert (one - other).abs().max() <= error * one.abs().max(), name
    assert said["quantisation"] == kind.name
    assert not torch.equal(_logits(model, 100), _logits(loaded, 100))


def test_a_key_that_the_model_has_no_place_for_is_named(tmp_path):
    model = _model("llama", rope_parameters={"rope_theta": 10000.0, **PLAIN})
    keys = _keys(logit_scale=0.5)
    path = write_gguf(tmp_path / "model.gguf", model, "llama", more=keys, tokenizer=_with_tokenizer)
    with pytest.raises(UserError, match=r"llama\.logit_scale = 0\.5"):
        write_snapshot(read_gguf(path), tmp_path / "snapshot")
    assert not (tmp_path / "snapshot").exists()


def test_weights_beyond_a_file_s_limit_are_written_in_parts_with_their_index(tmp_path):
    architecture, model_type, settings, keys = MODELS["qwen2"]
    model = _model(model_type, **settings)
    path = write_gguf(tmp_path / "model.gguf", model, architecture, more=keys, tokenizer=_with_tokenizer)
    write_snapshot(read_gguf(path), tmp_path / "snapshot", shard=500_000)
    assert len(list((tmp_path / "snapshot").glob("model-*-of-*.safetensors"))) > 1
    loaded = load_model({"path": str(tmp_path / "snapshot")}, None, {"device": "cpu"}).model
    assert torch.equal(_logits(model, 50), _logits(loaded, 50))


def test_the_tokenizer_of_a_snapshot_is_loaded_like_any_other(tmp_path):
    _read_back(tmp_path, "qwen2")
    tokenizer = load_tokenizer(
        {"path": str(tmp_path / "snapshot"), "stop": ["<|im_end|>"], "pad": "<|endoftext|>", "family": "qwen2"}
    )
    assert tokenizer("한국은행은 기준금리를 3.50%로 동결했다.")["input_ids"]
