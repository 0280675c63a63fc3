"""Which engine answers: all prompts packed side by side, or padded batches through transformers' own generate.

Reads and writes nothing. `packed` (`answering.packed`) is greedy and takes the models that the fused layers take, on a
GPU whose flash attention can look into a cache; `padded` takes all; `vllm` (`answering.vllm`) is there for who has it.
The same tokens, but for near ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.layers import fused as fused_layers
from kotune.layers import passes

if TYPE_CHECKING:
    from kotune.answering.packed import Engine

ENGINES = ("auto", "packed", "padded", "vllm")
# What of `generation` a greedy engine takes: any value, but for those that stand here.
GREEDY = {"do_sample": False} | dict.fromkeys(
    ("max_new_tokens", "batch_size", "stop", "cleanup", "engine", "parts", "reasoning_tokens")
)
PREFILL = 16384  # tokens that are read at once
ON_CPU = 2.0 * passes.GIB  # the memory that caches may count on where there is no GPU
SHARE = 0.9  # of the free memory that caches may take


def not_greedy(generation: Json) -> str | None:
    """Return what of a study's `generation` the packed engine does not know, or None."""
    for key, value in generation.items():
        if key not in GREEDY or (GREEDY[key] is not None and value != GREEDY[key]):
            return f"it is greedy and knows no {key} {value!r}"
    return None


def refusal(generation: Json, model: Any, device: str) -> str | None:
    """Return why the packed engine cannot answer as ``generation`` asks, or None where it can."""
    why = not_greedy(generation)
    if why:
        return why
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    lora = model.peft_config["default"].to_dict() if hasattr(model, "peft_config") else None
    why = fused_layers.refusal(base.config, lora)
    if why:
        return why
    if device == "cuda":
        import torch

        if torch.cuda.get_device_capability()[0] < 8:
            return "the GPU is older than Ampere"
        if base.get_output_embeddings().weight.dtype == torch.float32:
            return "flash attention wants 16 bits"
    window = getattr(base.config, "sliding_window", None)
    return "the model has a sliding window" if window and getattr(base.config, "use_sliding_window", True) else None


def wanted(generation: Json) -> str:
    """Return the engine that a study's `generation` names; UserError for an unknown name."""
    asked = generation.get("engine", "auto")
    if asked not in ENGINES:
        raise UserError(f"generation.engine: unknown '{asked}'{nearest(str(asked), ENGINES)}")
    if asked == "vllm" and not_greedy(generation):
        raise UserError(f"generation.engine: vllm cannot answer here: {not_greedy(generation)}; set it to auto")
    return str(asked)


def choose(generation: Json, model: Any, device: str) -> str:
    """Return the engine for a study's `generation`; UserError where it requires one that cannot do it."""
    asked = wanted(generation)
    if asked == "padded" or (asked == "auto" and device != "cuda"):
        return "padded"
    why = refusal(generation, model, device)
    if asked == "packed" and why:
        raise UserError(f"generation.engine: packed cannot answer here: {why}; set it to auto")
    return "padded" if why else "packed"


def packed(model: Any, lengths: Sequence[int], max_new_tokens: int, stop: Sequence[int]) -> Engine:
    """Return the packed engine around a loaded model, as wide as its memory allows.

    Four-bit weights are unpacked once where they take less than half of what is free: the same values, read faster.
    """
    from kotune.answering.packed import SLOTS, Engine, Limits, slots_for

    fused = fused_layers.FusedModel(model)
    free = passes.free_gpu_bytes() if fused.head.is_cuda else ON_CPU
    dense = sum(2 * sum(group.out) * group.width for layer in fused.layers for group in layer.groups if group.four_bit)
    if dense and dense < free / 2:
        fused.unpack()
        free -= dense
    tokens = min(PREFILL, max([sum(lengths), 1]))
    free -= tokens * 2 * (4 * fused.config.intermediate_size + 4 * fused.config.hidden_size)
    slots = slots_for(fused, lengths, max_new_tokens, free * SHARE) if lengths else SLOTS
    return Engine(fused, Limits(stop, max_new_tokens, slots, tokens))
