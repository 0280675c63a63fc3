"""The weights of a GGUF file under transformers' names: dequantised, in transformers' order of rows.

Reads tensors of the opened file one at a time; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.models.gguf.file import GgufFile

if TYPE_CHECKING:
    import torch
    from gguf import ReaderTensor

LAYER = "model.layers.{}."
ATTENTION = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
}
MLP = {"mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
NORMS = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
GEMMA_NORMS = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
READ_ELSEWHERE = {"rope_freqs.weight"}  # `rope`


def names_of(config: Json) -> dict[str, str]:
    """Return ``{transformers' name: the file's}`` of every module that holds weights."""
    norms = GEMMA_NORMS if config["model_type"].startswith("gemma") else NORMS
    of_layer = {**ATTENTION, **MLP, **norms}
    return WHOLE | {
        f"{LAYER.format(layer)}{ours}": f"blk.{layer}.{theirs}"
        for layer in range(config["num_hidden_layers"])
        for ours, theirs in of_layer.items()
    }


def expected_shapes(config: Json) -> dict[str, tuple[int, ...]]:
    """Return each parameter's shape as transformers builds the model, tied weights once."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config))
    named = dict(model.named_parameters())  # a tied head is named once
    return {name: tuple(parameter.shape) for name, parameter in named.items()}


def _values(tensor: ReaderTensor, path: object) -> torch.Tensor:
    """Return a tensor's values: float16 and bfloat16 as they are stored, the quantised exactly, in float32."""
    import torch
    from gguf import GGMLQuantizationType as Kind
    from gguf.quants import dequantize

    if tensor.tensor_type in (Kind.F32, Kind.F16):
        return torch.from_numpy(np.array(tensor.data))
    if tensor.tensor_type == Kind.BF16:
        return torch.from_numpy(np.array(tensor.data).view(np.int16)).view(torch.bfloat16)
    try:
        return torch.from_numpy(dequantize(tensor.data, tensor.tensor_type))
    except NotImplementedError as error:
        raise UserError(f"{path}: {tensor.name} is {tensor.tensor_type.name}, which cannot be dequantised") from error


def _rows_in_order(values: torch.Tensor, heads: int) -> torch.Tensor:
    """Undo llama.cpp's order of a Llama's query and key rows: it puts the halves of a rotated pair side by side."""
    pairs = values.reshape(heads, values.shape[0] // heads // 2, 2, *values.shape[1:])
    return pairs.transpose(1, 2).reshape(values.shape).contiguous()


def _as_transformers_has_it(name: str, values: torch.Tensor, config: Json) -> torch.Tensor:
    model_type = config["model_type"]
    if model_type == "llama" and ".self_attn.q_proj." in name:
        return _rows_in_order(values, config["num_attention_heads"])
    if model_type == "llama" and ".self_attn.k_proj." in name:
        return _rows_in_order(values, config["num_key_value_heads"])
    if model_type.startswith("gemma") and name.endswith("norm.weight"):
        return values - 1  # llama.cpp stores 1 + weight
    return values


def weights(file: GgufFile, config: Json) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield every parameter's name and values.

    A bias that transformers has and the file has not is zero (Llama's switch for biases is one for all four
    projections). Raises UserError for a weight that is missing or of another shape, and for one left over.
    """
    import torch

    names, left = names_of(config), {name for name in file.tensors if name not in READ_ELSEWHERE}
    for name, shape in expected_shapes(config).items():
        module, _, kind = name.rpartition(".")
        stored = f"{names.get(module, module)}.{kind}"
        left.discard(stored)
        if stored not in file.tensors:
            if kind == "bias":
                yield name, torch.zeros(shape)
                continue
            raise UserError(f"{file.path}: {stored} is missing (the model's {name}); download the file again")
        values = _values(file.tensors[stored], file.path)
        if tuple(values.shape) != shape:
            raise UserError(
                f"{file.path}: {stored} has the shape {tuple(values.shape)}, but the model's {name} {shape}: the file "
                "contradicts its own metadata"
            )
        yield name, _as_transformers_has_it(name, values, config)
    if left:
        raise UserError(
            f"{file.path}: {len(left)} tensors have no place in the model (first: {sorted(left)[0]}): it would answer "
            "differently; take the model's safetensors"
        )
