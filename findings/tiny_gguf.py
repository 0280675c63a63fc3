"""A tiny model written as GGUF the way llama.cpp's converter writes one; the scripts beside this file use it.

Needs torch, transformers, accelerate and gguf, as those scripts install them, and nothing of kotune.
"""

import logging
import warnings
from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM

VOCABULARY = 512
NAMES = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip
GEMMA = {
    **NAMES, "post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}  # fmt: skip
WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def model_of(kind, seed=7, **settings):
    """Return a random model in which every weight matters, norms and biases as well."""
    torch.manual_seed(seed)
    size = {
        "vocab_size": VOCABULARY, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 8192, "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_theta": 1e6, "rope_type": "default"},
    }  # fmt: skip
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **{**size, **settings})).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.add_(torch.randn(weight.shape) * (0.3 if "norm" in name or "bias" in name else 0.08))
    return model


def _stored(name, weight, config, architecture):
    values = weight.detach().numpy()
    if architecture == "llama" and (".q_proj" in name or ".k_proj" in name):  # the rows of a rotated pair side by side
        heads = config.num_attention_heads if ".q_proj" in name else config.num_key_value_heads
        pairs = values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:])
        values = pairs.swapaxes(1, 2).reshape(values.shape)
    if architecture.startswith("gemma") and name.endswith("norm.weight"):
        values = values + np.float32(1)
    module, _, part = name.rpartition(".")
    if module in WHOLE:
        return f"{WHOLE[module]}.{part}", np.ascontiguousarray(values)
    _, _, layer, rest = module.split(".", 3)
    names = GEMMA if architecture.startswith("gemma") else NAMES
    return f"blk.{layer}.{names[rest]}.{part}", np.ascontiguousarray(values)


def write(path, model, architecture, more=lambda writer: None):
    """Write the model in float32; ``more`` adds keys and tensors."""
    config, writer = model.config, gguf.GGUFWriter(path, architecture)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([f"t{number}" for number in range(config.vocab_size)])
    writer.add_token_merges([])
    more(writer)
    for name, weight in model.named_parameters():
        writer.add_tensor(*_stored(name, weight, config, architecture))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class _Heard(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


def load(path):
    """Return the model that transformers makes of the file, and its warnings that name a weight, a key or RoPE."""
    heard = _Heard()
    logging.getLogger("transformers").addHandler(heard)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        model = AutoModelForCausalLM.from_pretrained(Path(path).parent, gguf_file=Path(path).name).eval()
    logging.getLogger("transformers").removeHandler(heard)
    said = [*heard.said, *(str(one.message) for one in warned)]
    words = ("rope", "scal", "bias", "unexpected", "missing", "not used", "ignored", "LOAD REPORT")
    return model, [one for one in said if any(word.lower() in one.lower() for word in words)]


def logits(model, positions):
    """Return a model's logits on fixed ids, (positions, vocabulary)."""
    ids = torch.randint(0, VOCABULARY, (1, positions), generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        return model(ids).logits[0]


def other_argmaxes(one, other):
    """Return the share of positions at which two models would write another token."""
    return float((one.argmax(-1) != other.argmax(-1)).float().mean())
