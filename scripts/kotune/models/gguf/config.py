"""What a GGUF file says of its model, as transformers' configuration.

Reads nothing but the opened file; writes nothing. Each key of the file's architecture is either translated here or
refused by its name: what transformers' own reader (5.23) does not know it drops without a word, rope scaling included,
and such a model answers wrongly. Sources of what the files do not say are llama.cpp's converter and loader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.models.gguf.file import GgufFile
from kotune.models.gguf.rope import llama3_scaling, scaling_of

DIMENSIONS = {
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "block_count": "num_hidden_layers",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
}
HEAD = ("attention.key_length", "attention.value_length", "rope.dimension_count")
# read elsewhere, or about how the file was made and not about the model
OTHER = {"vocab_size", "rope.freq_base", "attention.causal"}
ROPE = "rope.scaling."
LARGE = {"gemma2": 46, "gemma3": 62}  # layers of the 27B models, whose queries are scaled by width / heads
TIED = "output.weight"


def _llama(file: GgufFile, config: Json) -> Json:
    rope = {"rope_theta": config.pop("rope_theta"), **(scaling_of(file) or {"rope_type": "default"})}
    if "rope_freqs.weight" in file.tensors:
        rope |= llama3_scaling(file, config["head_dim"], rope["rope_theta"])
    return {
        "rope_parameters": rope,
        "attention_bias": "blk.0.attn_q.bias" in file.tensors,
        "mlp_bias": "blk.0.ffn_up.bias" in file.tensors,
    }


def _qwen2(file: GgufFile, config: Json) -> Json:
    if config["head_dim"] != config["hidden_size"] // config["num_attention_heads"]:
        raise UserError(f"{file.path}: qwen2.attention.key_length is {config['head_dim']}, which Qwen2 cannot have")
    rope = {"rope_theta": config.pop("rope_theta"), **(scaling_of(file) or {"rope_type": "default"})}
    return {"rope_parameters": rope, "use_sliding_window": False}


def _qwen3(file: GgufFile, config: Json) -> Json:
    rope = {"rope_theta": config.pop("rope_theta"), **(scaling_of(file) or {"rope_type": "default"})}
    bias = "blk.0.attn_q.bias" in file.tensors
    return {"rope_parameters": rope, "use_sliding_window": False, "attention_bias": bias}


def _query_scale(file: GgufFile, config: Json) -> int:
    """Return query_pre_attn_scalar, which no file holds: the head's size, but width / heads in the 27B models."""
    large = config["num_hidden_layers"] == LARGE[file.architecture]
    return config["hidden_size"] // config["num_attention_heads"] if large else config["head_dim"]


def _gemma2(file: GgufFile, config: Json) -> Json:
    if scaling_of(file):
        raise UserError(f"{file.path}: gemma2.rope.scaling.type: Gemma 2 has no scaled positions in transformers")
    return {
        "rope_parameters": {"rope_theta": config.pop("rope_theta"), "rope_type": "default"},
        "sliding_window": _asked(file, "attention.sliding_window"),
        "attn_logit_softcapping": file.about("attn_logit_softcapping"),
        "final_logit_softcapping": file.about("final_logit_softcapping"),
        "query_pre_attn_scalar": _query_scale(file, config),
    }


def _gemma3(file: GgufFile, config: Json) -> Json:
    pattern = file.about("attention.sliding_window_pattern", 6)
    sliding = (
        [bool((layer + 1) % int(pattern)) for layer in range(config["num_hidden_layers"])]
        if isinstance(pattern, int)
        else [bool(one) for one in pattern][: config["num_hidden_layers"]]
    )
    # positions are scaled in the layers that see everything, never in those with a window
    whole = {"rope_theta": config.pop("rope_theta"), **(scaling_of(file) or {"rope_type": "default"})}
    near = {"rope_theta": file.about("rope.freq_base_swa", 10000.0), "rope_type": "default"}
    return {
        "rope_parameters": {"full_attention": whole, "sliding_attention": near},
        "sliding_window": _asked(file, "attention.sliding_window"),
        "layer_types": ["sliding_attention" if one else "full_attention" for one in sliding],
        "final_logit_softcapping": file.about("final_logit_softcapping"),
        "query_pre_attn_scalar": _query_scale(file, config),
    }


@dataclass(frozen=True)
class Architecture:
    """One architecture of GGUF files: transformers' names for it, its own keys, and what they make of a config."""

    model_type: str
    class_name: str
    more: Callable[[GgufFile, Json], Json]
    keys: tuple[str, ...] = ()
    theta: float = 10000.0  # where a file names none


ARCHITECTURES: Mapping[str, Architecture] = {
    "llama": Architecture("llama", "LlamaForCausalLM", _llama),
    "qwen2": Architecture("qwen2", "Qwen2ForCausalLM", _qwen2),
    "qwen3": Architecture("qwen3", "Qwen3ForCausalLM", _qwen3),
    "gemma2": Architecture(
        "gemma2",
        "Gemma2ForCausalLM",
        _gemma2,
        ("attention.sliding_window", "attn_logit_softcapping", "final_logit_softcapping"),
    ),
    "gemma3": Architecture(
        "gemma3_text",
        "Gemma3ForCausalLM",
        _gemma3,
        (
            "attention.sliding_window",
            "attention.sliding_window_pattern",
            "rope.freq_base_swa",
            "final_logit_softcapping",
        ),
    ),
}


def architecture_of(file: GgufFile) -> Architecture:
    """Return what is known of the file's architecture; UserError for one that is not translated."""
    if file.architecture not in ARCHITECTURES:
        raise UserError(
            f"{file.path}: the architecture '{file.architecture}' is not translated from GGUF"
            f"{nearest(file.architecture, ARCHITECTURES)}; take {', '.join(ARCHITECTURES)}, or the model's safetensors"
        )
    return ARCHITECTURES[file.architecture]


def _asked(file: GgufFile, key: str) -> Any:
    value = file.about(key)
    if value is None:
        raise UserError(f"{file.path}: {file.architecture}.{key} is missing, without which the model cannot be built")
    return value


def _one_number(file: GgufFile, key: str) -> Any:
    """Return a key's value; a list with one value a layer is taken where all layers have the same."""
    value = _asked(file, key)
    values = set(value) if isinstance(value, list) else {value}
    if len(values) != 1:
        raise UserError(f"{file.path}: {file.architecture}.{key} differs from layer to layer, which no config can say")
    return values.pop()


def _head_size(file: GgufFile, config: Json) -> int:
    """Return the size of a head, which queries, keys, values and rotated positions must share."""
    named = {key: file.about(key) for key in HEAD if file.about(key) is not None}
    if not named:
        return config["hidden_size"] // config["num_attention_heads"]
    size = next(iter(named.values()))
    for key, value in named.items():
        if value != size:
            raise UserError(
                f"{file.path}: {file.architecture}.{key} is {value} and {next(iter(named))} {size}: heads of two sizes "
                "are not translated"
            )
    return int(size)


def _check_known(file: GgufFile, architecture: Architecture) -> None:
    """Raise UserError for a key of the architecture that nothing here translates."""
    known = {*DIMENSIONS, *HEAD, *OTHER, *architecture.keys}
    for key in file.metadata:
        name = key.removeprefix(f"{file.architecture}.")
        if name == key or name in known or name.startswith(ROPE):
            continue
        raise UserError(
            f"{file.path}: the file says {key} = {file.metadata[key]!r:.60}, which {architecture.class_name} has no "
            "place for: the model would answer differently; take the model's safetensors"
        )
    if file.about("attention.causal") is False:
        raise UserError(
            f"{file.path}: {file.architecture}.attention.causal is false: this is no model that writes text"
        )


def config_of(file: GgufFile, vocabulary: int) -> Json:
    """Return the content of config.json; ``vocabulary``: rows of the embedding.

    Raises UserError, naming the key, for an architecture or a key that is not translated.
    """
    architecture = architecture_of(file)
    _check_known(file, architecture)
    missing = [key for key in DIMENSIONS if file.about(key) is None and key != "attention.head_count_kv"]
    if missing:
        raise UserError(f"{file.path}: {file.architecture}.{missing[0]} is missing; download the file again")
    config: Json = {
        name: _one_number(file, key) for key, name in DIMENSIONS.items() if key != "attention.head_count_kv"
    }
    heads = file.about("attention.head_count_kv")
    config["num_key_value_heads"] = (
        config["num_attention_heads"] if heads is None else _one_number(file, "attention.head_count_kv")
    )
    config["head_dim"] = _head_size(file, config)
    config["rope_theta"] = file.about("rope.freq_base", architecture.theta)
    more = architecture.more(file, config)
    named = {} if architecture.model_type != "qwen2" else {"head_dim": None}
    return {
        "architectures": [architecture.class_name],
        "model_type": architecture.model_type,
        **{key: value for key, value in config.items() if key not in named},
        **more,
        "vocab_size": vocabulary,
        "tie_word_embeddings": TIED not in file.tensors,
    }
