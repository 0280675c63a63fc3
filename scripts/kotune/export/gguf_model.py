"""A model in memory as a GGUF file: its sizes as metadata, its weights under llama.cpp's names, in F16 or Q8_0.

Writes one ``.gguf`` file (the package `gguf`), tensor by tensor. `models.gguf` reads it back, and what it then says of
the model is compared with the model itself: a setting that the file has no key for is an error, and no other answers.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kotune.core import console
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.models.gguf.config import ARCHITECTURES, config_of
from kotune.models.gguf.file import read_gguf
from kotune.models.gguf.rope import llama3_factors
from kotune.models.gguf.tensors import names_of

if TYPE_CHECKING:
    import torch
    from gguf import GGMLQuantizationType, GGUFWriter
    from transformers import PreTrainedModel

OF_TYPE = {known.model_type: name for name, known in ARCHITECTURES.items()}
# What a configuration says that changes no answer, or that the tokenizer's metadata say.
PASSING = {
    "architectures", "attention_dropout", "bos_token_id", "dtype", "eos_token_id", "initializer_range", "pad_token_id",
    "use_cache", "vocab_size", "transformers_version", "_name_or_path", "id2label", "label2id", "pretraining_tp",
    "chunk_size_feed_forward", "output_attentions", "output_hidden_states", "return_dict", "problem_type",
    "is_encoder_decoder", "_attn_implementation_autoset", "max_window_layers", "use_bidirectional_attention",
    "default_theta", "quantization_config",
}  # fmt: skip
YARN = {"attention_factor": "add_rope_scaling_yarn_attn_factors", "beta_fast": "add_rope_scaling_yarn_beta_fast",
        "beta_slow": "add_rope_scaling_yarn_beta_slow"}  # fmt: skip


def architecture_of(config: Json, where: str) -> str:
    """Return llama.cpp's name of a model's architecture; UserError for one that is not translated."""
    kind = config["model_type"]
    if kind not in OF_TYPE:
        raise UserError(f"{where}: model_type '{kind}' is not written as GGUF{nearest(kind, OF_TYPE)}; take 'merged'")
    return OF_TYPE[kind]


def _rope(config: Json) -> Json:
    """Return how positions are scaled in the layers that see everything, and the base of their frequencies."""
    given = config["rope_parameters"]
    return given.get("full_attention", given)


def _write_scaling(writer: GGUFWriter, rope: Json, where: str) -> None:
    """Add how positions are scaled; Llama 3's scaling is a tensor."""
    from gguf import RopeScalingType

    kind = rope["rope_type"]
    if kind in ("linear", "yarn"):
        writer.add_rope_scaling_type(RopeScalingType.LINEAR if kind == "linear" else RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        if rope.get("original_max_position_embeddings"):
            writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        for key, add in YARN.items():
            if rope.get(key) is not None:
                getattr(writer, add)(rope[key])
    elif kind not in ("default", "llama3"):
        raise UserError(f"{where}: rope_type '{kind}' is not translated to GGUF; take 'merged'")


def write_sizes(writer: GGUFWriter, config: Json, where: str) -> None:
    """Add what the file says of the model's sizes and settings."""
    rope = _rope(config)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    head = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    writer.add_key_length(head)
    writer.add_value_length(head)
    if config["model_type"] == "llama":
        writer.add_rope_dimension_count(head)  # llama.cpp would take it for width / heads
    writer.add_vocab_size(config["vocab_size"])
    writer.add_rope_freq_base(rope["rope_theta"])
    _write_scaling(writer, rope, where)
    if config["model_type"].startswith("gemma"):
        writer.add_sliding_window(config["sliding_window"])
        for key, add in (("attn_logit_softcapping", "attn"), ("final_logit_softcapping", "final")):
            if config.get(key):
                getattr(writer, f"add_{add}_logit_softcapping")(config[key])
    if config["model_type"] == "gemma3_text":
        writer.add_rope_freq_base_swa(config["rope_parameters"]["sliding_attention"]["rope_theta"])
        sliding = [kind == "sliding_attention" for kind in config["layer_types"]]
        if sliding != [bool((layer + 1) % 6) for layer in range(len(sliding))]:
            writer.add_sliding_window_pattern(sliding)


def _rows_of_pairs(values: np.ndarray, heads: int) -> np.ndarray:
    """Return a Llama's query or key rows in llama.cpp's order: the two of a rotated pair side by side."""
    pairs = values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:])
    return pairs.swapaxes(1, 2).reshape(values.shape)


def _as_llama_cpp_has_it(name: str, values: np.ndarray, config: Json) -> np.ndarray:
    if config["model_type"] == "llama" and ".self_attn.q_proj." in name:
        return _rows_of_pairs(values, config["num_attention_heads"])
    if config["model_type"] == "llama" and ".self_attn.k_proj." in name:
        return _rows_of_pairs(values, config["num_key_value_heads"])
    if config["model_type"].startswith("gemma") and name.endswith("norm.weight"):
        return values + np.float32(1)
    return values


def kind_of(shape: tuple[int, ...], wanted: GGMLQuantizationType) -> GGMLQuantizationType:
    """Return how a weight is stored: as wanted, in 16 bits where its rows do not fill blocks, vectors in 32."""
    from gguf import GGML_QUANT_SIZES
    from gguf import GGMLQuantizationType as Kind

    if len(shape) < 2:
        return Kind.F32
    return wanted if shape[-1] % GGML_QUANT_SIZES[wanted][0] == 0 else Kind.F16


def _tensors(model: PreTrainedModel, config: Json) -> list[tuple[str, Callable[[], np.ndarray], tuple[int, ...]]]:
    """Return each tensor's name in the file, what makes its values in float32, and its shape."""
    names, found = names_of(config), []
    for name, values in model.named_parameters():
        module, _, kind = name.rpartition(".")

        def made(name: str = name, values: torch.Tensor = values) -> np.ndarray:
            return _as_llama_cpp_has_it(name, values.detach().float().numpy(), config)

        found.append((f"{names[module]}.{kind}", made, tuple(values.shape)))
    rope = _rope(config)
    if rope["rope_type"] == "llama3":
        head = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
        given = rope["factor"], rope["original_max_position_embeddings"]
        factors = llama3_factors(head, rope["rope_theta"], *given).astype(np.float32)
        found.append(("rope_freqs.weight", lambda: factors, factors.shape))
    return found


def write_model(
    path: Path, model: PreTrainedModel, stored: str, name: str, add_tokenizer: Callable[[GGUFWriter], None]
) -> None:
    """Write the whole file; ``stored``: F16 or Q8_0, of matrices; vectors are stored in 32 bits.

    Raises UserError for what the file cannot say of the model, before a weight is written.
    """
    from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType
    from gguf.quants import quant_shape_to_byte_shape, quantize

    config = model.config.to_dict()
    writer = GGUFWriter(path, architecture_of(config, name))
    writer.add_type("model")
    writer.add_name(name)
    writer.add_file_type(LlamaFileType[f"MOSTLY_{stored}"])
    writer.add_quantization_version(2)
    write_sizes(writer, config, name)
    add_tokenizer(writer)
    tensors = _tensors(model, config)
    kinds = [kind_of(shape, GGMLQuantizationType[stored]) for _, _, shape in tensors]
    for (called, _, shape), kind in zip(tensors, kinds, strict=True):
        in_bytes = quant_shape_to_byte_shape(shape, kind)
        writer.add_tensor_info(called, in_bytes, np.dtype(np.uint8), int(np.prod(in_bytes)), raw_dtype=kind)
    progress = console.Progress(f"{path.name}, tensors written", len(tensors))
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for number, ((_, made, _), kind) in enumerate(zip(tensors, kinds, strict=True), start=1):
            writer.write_tensor_data(quantize(np.ascontiguousarray(made()), kind).view(np.uint8))
            progress.update(number)
    except OSError as error:  # numpy says "… requested and … written", and no error number
        raise OSError(error.errno or errno.ENOSPC, str(error)) from error
    finally:
        with contextlib.suppress(OSError):  # on a full disk what is left cannot be written either
            writer.close()


def check_says_the_same(path: Path, model: PreTrainedModel) -> None:
    """Raise UserError where the file, read back, says of the model what the model does not, or leaves something out."""
    from transformers import AutoConfig

    said = AutoConfig.for_model(**config_of(read_gguf(path), model.config.vocab_size)).to_dict()
    for key, ours in model.config.to_dict().items():
        if key not in PASSING and not _alike(ours, said.get(key)):
            raise UserError(
                f"{path}: a GGUF file cannot say {key} = {ours!r:.80}, and would be read as {said.get(key)!r:.80}: the "
                "model would answer differently; take 'merged'"
            )


def _alike(ours: Any, theirs: Any) -> bool:
    """Return whether two settings mean the same; numbers are stored in float32."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = {key for key in ours.keys() | theirs.keys() if ours.get(key) is not None or theirs.get(key) is not None}
        return all(_alike(ours.get(key), theirs.get(key)) for key in keys)
    if isinstance(ours, float | int) and isinstance(theirs, float | int):
        return bool(np.isclose(ours, theirs, rtol=1e-6, atol=0))
    return ours == theirs
