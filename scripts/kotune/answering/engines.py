"""Engines: what one is, and which one answers.

Reads and writes nothing. `packed` (`answering.packed`) is greedy and takes the models that the fused layers take, on a
GPU whose flash attention can read a cache; `padded` (`answering.padded`) takes all, in padded batches through
transformers' own generate; `vllm` (`answering.vllm`) is for users who have it. The same tokens, but for near ties.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kotune.answering.lines import Reader
from kotune.answering.order import Order
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.layers import fused as fused_layers
from kotune.models import adapters, heads, loading, precision
from kotune.prompts.encoding import Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

ENGINES = ("auto", "packed", "padded", "vllm")
# Keys of `generation` that are kotune's; all others are transformers' GenerationConfig's own.
HOUSE_KEYS = (
    "batch_size", "batch_tokens", "stop", "cleanup", "engine", "parts", "reasoning_tokens", "thinking", "samples",
)  # fmt: skip


@dataclass(frozen=True)
class Pass:
    """What goes through the model once: prompts, the new tokens of each at most, and how its lines are read."""

    prompts: Sequence[Prompt]
    limit: int
    read: Reader
    second: bool = False

    def called(self, label: str) -> str:
        """Return what its progress is called."""
        return f"answer {label}" + (", reasoning" if self.second else "")


class Engine(Protocol):
    """A model that is loaded and answers. ``notes``: what was done to get it there, for the record."""

    name: str
    notes: list[str]

    def answer(self, asked: Pass, held: Sequence[list[Json]]) -> Iterator[list[Json]]:
        """Yield the lines of a pass's answers, a batch at a time, without those that are ``held`` already.

        ``held``: the batches that earlier passes and a killed run have left, in their order.
        """
        ...


def not_greedy(generation: Json) -> str | None:
    """Return what of a study's `generation` a greedy engine does not know, or None."""
    for key, value in generation.items():
        if key not in (*HOUSE_KEYS, "max_new_tokens") and not (key == "do_sample" and value is False):
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
            return "flash attention needs 16-bit weights"
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


def load(order: Order) -> loading.Loaded:
    """Load the base in the precision that it was tuned in and, unmerged, the adapter."""
    model, quantization, _, notes = precision.fitted(
        order.model, order.quantization, {}, loading.set_up_torch(order.compute)
    )
    head = heads.head_of(order.adapter)
    loaded = loading.load_model({**model, heads.KEY: head} if head else model, quantization, order.compute)
    loaded.notes.extend(notes)
    if order.adapter is not None:
        loaded.model = adapters.put_on(loaded.model, order.adapter, order.model["path"])
    loaded.model.eval()
    return loaded


def opened(order: Order, tokenizer: PreTrainedTokenizerBase, stop: list[int]) -> Engine:
    """Load the model and return the engine that answers; ``stop``: the ids of the tokens that end an answer."""
    pointing = heads.head_of(order.adapter) is not None
    if wanted(order.generation) == "vllm" and not pointing:
        from kotune.answering.vllm import Vllm

        return Vllm(order, tokenizer, stop)
    loaded = load(order)
    loading.check_vocabulary(loaded.model, tokenizer)
    if pointing:
        from kotune.answering.pointing import Pointing

        return Pointing(order, tokenizer, loaded)
    if choose(order.generation, loaded.model, loaded.device) == "packed":
        from kotune.answering.packed import Packed

        return Packed(order, tokenizer, stop, loaded)
    from kotune.answering.padded import Padded

    return Padded(order, tokenizer, stop, loaded)
