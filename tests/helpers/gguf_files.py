"""GGUF files written from small models as llama.cpp's converter writes them: its names, its order of rows, its norms.

Reads a transformers model and a tokenizer.json; writes one ``.gguf`` file (the package `gguf`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from checkout import ROOT
from gguf import GGMLQuantizationType as Kind

GEMMA = ("gemma2", "gemma3")
NORMS = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
}
GEMMA_NORMS = {
    **NORMS,
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
LINEAR = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def _name(parameter: str, gemma: bool) -> str:
    module, _, kind = parameter.rpartition(".")
    whole = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    if module in whole:
        return f"{whole[module]}.{kind}"
    _, _, layer, rest = module.split(".", 3)
    return f"blk.{layer}.{ {**LINEAR, **(GEMMA_NORMS if gemma else NORMS)}[rest] }.{kind}"


def _permuted(values: np.ndarray, heads: int) -> np.ndarray:
    """Put the rows of a rotated pair side by side, as llama.cpp has them."""
    pairs = values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:])
    return pairs.swapaxes(1, 2).reshape(values.shape)


def write_weights(
    writer: gguf.GGUFWriter, model: torch.nn.Module, architecture: str, kind_of: Callable[[str, np.ndarray], Kind]
) -> None:
    """Add a model's weights; ``kind_of`` says how each is stored."""
    config = model.config
    for parameter, tensor in model.named_parameters():
        values = tensor.detach().float().numpy()
        if architecture == "llama" and ".q_proj." in parameter:
            values = _permuted(values, config.num_attention_heads)
        if architecture == "llama" and ".k_proj." in parameter:
            values = _permuted(values, config.num_key_value_heads)
        if architecture in GEMMA and parameter.endswith("norm.weight"):
            values = values + np.float32(1)
        kind = kind_of(parameter, values) if values.ndim > 1 else Kind.F32
        quantise = quantised_q4_k if kind == Kind.Q4_K else partial(gguf.quants.quantize, qtype=kind)
        stored = quantise(np.ascontiguousarray(values))
        writer.add_tensor(_name(parameter, architecture in GEMMA), stored, raw_dtype=kind)


def write_dimensions(writer: gguf.GGUFWriter, config: Any) -> None:
    """Add what every architecture says of its size."""
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_key_length(head)
    writer.add_value_length(head)


def write_tokenizer(writer: gguf.GGUFWriter, tokenizer_json: Path, pre: str, ends: Mapping[str, str]) -> None:
    """Add a byte-level tokenizer; ``ends``: which of its tokens are bos, eos, eot, …"""
    content = json.loads(tokenizer_json.read_text(encoding="utf-8"))
    vocabulary = {**content["model"]["vocab"], **{one["content"]: one["id"] for one in content["added_tokens"]}}
    special = {one["content"] for one in content["added_tokens"] if one["special"]}
    tokens = sorted(vocabulary, key=vocabulary.get)
    kinds = [gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens]
    merges = [" ".join(merge) if isinstance(merge, list) else merge for merge in content["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    for role, token in ends.items():
        getattr(writer, f"add_{role}_token_id")(vocabulary[token])


def write_gguf(
    path: Path,
    model: torch.nn.Module,
    architecture: str,
    kind: Kind = Kind.F32,
    more: Callable[[gguf.GGUFWriter], None] = lambda _: None,
    tokenizer: Callable[[gguf.GGUFWriter], None] = lambda _: None,
) -> Path:
    """Write a whole file; ``more`` adds keys of the architecture, ``tokenizer`` the tokenizer."""
    writer = gguf.GGUFWriter(path, architecture)
    write_dimensions(writer, model.config)
    tokenizer(writer)
    more(writer)

    def fits(_: str, values: np.ndarray) -> Kind:
        block = gguf.GGML_QUANT_SIZES[kind][0]
        return kind if values.shape[-1] % block == 0 else Kind.F16

    write_weights(writer, model, architecture, fits)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def quantised_q4_k(values: np.ndarray) -> np.ndarray:
    """Return rows of 256 as Q4_K bytes: eight blocks of 32 with a scale and a minimum of six bits each.

    The package `gguf` (0.19) reads this type and does not write it. Rounds to nearest, without llama.cpp's search.
    """
    blocks = values.astype(np.float32).reshape(-1, 8, 32)
    low = np.minimum(blocks.min(axis=-1), 0)
    scale, least = (blocks.max(axis=-1) - low) / 15, -low
    d, dmin = scale.max(axis=-1) / 63, least.max(axis=-1) / 63
    halves = np.stack([d, dmin], axis=-1).astype(np.float16)
    d, dmin = (np.where(one > 0, one, 1).astype(np.float32)[:, None] for one in halves.T)
    sc, mn = (np.clip(np.rint(one / by), 0, 63).astype(np.uint8) for one, by in ((scale, d), (least, dmin)))
    step = np.where(sc > 0, sc * d, 1)[..., None]
    quants = np.clip(np.rint((blocks + (mn * dmin)[..., None]) / step), 0, 15).astype(np.uint8)
    scales = np.empty((len(blocks), 12), dtype=np.uint8)
    scales[:, 0:4] = (sc[:, :4] & 63) | ((sc[:, 4:] >> 4) << 6)
    scales[:, 4:8] = (mn[:, :4] & 63) | ((mn[:, 4:] >> 4) << 6)
    scales[:, 8:12] = (sc[:, 4:] & 15) | ((mn[:, 4:] & 15) << 4)
    pairs = quants.reshape(-1, 4, 2, 32)
    packed = (pairs[:, :, 0] | (pairs[:, :, 1] << 4)).reshape(-1, 128)
    stored = np.concatenate([halves.view(np.uint8).reshape(-1, 4), scales, packed], axis=1)
    return stored.reshape(*values.shape[:-1], -1)


def small_model(
    path: Path, more: Callable[[gguf.GGUFWriter], None] = lambda _: None, tokenizer: bool = True, kind: Kind = Kind.F32
) -> Path:
    """Write the bundled stand-in tiny-llama3 as a GGUF file, with its tokenizer unless that is not wanted."""
    from transformers import AutoModelForCausalLM

    stand_in = ROOT / "resources/mini/models/tiny-llama3"
    model = AutoModelForCausalLM.from_pretrained(stand_in, dtype=torch.float32)
    ends = {"bos": "<|begin_of_text|>", "eos": "<|end_of_text|>", "eot": "<|eot_id|>"}

    def about(writer: gguf.GGUFWriter) -> None:
        writer.add_rope_freq_base(model.config.rope_parameters["rope_theta"])
        more(writer)

    def tokens(writer: gguf.GGUFWriter) -> None:
        if tokenizer:
            write_tokenizer(writer, stand_in / "tokenizer.json", "llama-bpe", ends)

    return write_gguf(path, model, "llama", kind, about, tokens)
