"""What answering costs: GiB and tokens a second of the padded and of the packed engine, from shape, plan and card.

Reads and writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kotune.answering.packed import SHARE
from kotune.core.storage import Json
from kotune.cost import model
from kotune.cost.cards import Card
from kotune.cost.shapes import Plan, Shape, lora_parameters
from kotune.layers import passes


def packed_answering(
    shape: Shape, plan: Plan, prompts: Sequence[int], new_tokens: int, card: Card, constants: Json, adapter: bool = True
) -> Json:
    """Return what the packed engine's answering costs, in the form of `answering`.

    Prompts are read without padding; then all answers that fit side by side grow by a token a step, which takes as long
    as the weights and their keys and values take to be read.
    """
    path = constants["answering"]["packed"]
    weights, lora = model.frozen(shape, plan, constants), 2 * lora_parameters(shape, plan) if adapter else 0
    usable = (card.gib - constants["context_gib"]) * model.GIB
    dense = 2 * shape.linear if plan.four_bit else 0
    if dense > (usable - weights - lora) / 2:
        dense = 0
    cache = 4 * shape.key * shape.layers  # bytes of keys and values a token
    at_once = min(passes.MOST, sum(prompts))
    reading = 2 * at_once * (4 * shape.ffn + 4 * shape.hidden)
    free = (usable - weights - lora - dense - reading) * SHARE
    slots, cached = _side_by_side(prompts, new_tokens, path["slots"], free / cache)
    pairs = sum(prompt**2 for prompt in prompts) / 2
    read = (2 * shape.linear * sum(prompts) + 4 * shape.layers * shape.query * pairs) / (card.flops * path["reached"])
    held = cache * (sum(prompts) / len(prompts) + new_tokens / 2) * slots
    decoded = (dense or weights) + lora + held
    step = decoded / card.bandwidth + shape.layers * path["step_ms"] / 1e3
    seconds = read + new_tokens * math.ceil(len(prompts) / slots) * step
    total = weights + dense + lora + reading + cached * cache + constants["workspace_gib"] * model.GIB
    return {
        "gib": total / model.GIB,
        "prompts_per_second": len(prompts) / seconds,
        "tokens_per_second": len(prompts) * new_tokens / seconds,
        "seconds": seconds,
    }


def _side_by_side(prompts: Sequence[int], new_tokens: int, most: int, room: float) -> tuple[int, int]:
    """Return how many answers are made at once and the tokens of their caches, the longest prompts first."""
    slots = cached = 0
    for prompt in sorted(prompts, reverse=True)[:most]:
        if slots and cached + prompt + new_tokens > room:
            break
        slots, cached = slots + 1, cached + prompt + new_tokens
    return slots, cached


def answering(
    shape: Shape, plan: Plan, prompts: Sequence[int], new_tokens: int, batch: int, card: Card, constants: Json,
    adapter: bool = True, in_order: bool = False,
) -> Json:  # fmt: skip
    """Return what answering costs: GiB, prompts and new tokens a second, all answers being ``new_tokens`` long.

    The longest prompts come first, as kotune batches them, unless ``in_order``.
    """
    path = constants["answering"]["padded"]
    ordered = list(prompts) if in_order else sorted(prompts, reverse=True)
    batches = [ordered[start : start + batch] for start in range(0, len(ordered), batch)]
    own: dict[str, Any] = {"adapter_bytes": 2, "max_length": 1}
    layer = model.layer_bytes(replace(shape, eager=False), replace(plan, **own), path["kernels"], constants)
    weights = model.frozen(shape, plan, constants)
    cache = 4 * shape.key * shape.layers  # bytes of keys and values a token
    step_ms = path["step_ms"] + adapter * path["step_ms_adapter"] + plan.four_bit * path["step_ms_four_bit"]
    seconds, peak = 0.0, 0.0
    for rows in batches:
        longest, slots = max(rows), len(rows) * max(rows)
        scores = shape.heads * longest * constants["eager_bytes_per_score"] if shape.eager else 0
        held = (slots + len(rows) * new_tokens) * cache
        peak = max(peak, held + slots * (path["transient"] * layer + scores))
        reading = (2 * shape.linear * slots + 4 * shape.layers * shape.query * slots * longest / 2) / card.flops
        moved = (path["traffic"] / 3 * layer + scores) * slots * shape.layers / card.bandwidth
        step = max(shape.layers * step_ms / 1e3, (weights + held) / card.bandwidth)
        seconds += reading + moved + new_tokens * step
    lora = plan.adapter_bytes * lora_parameters(shape, plan) if adapter else 0
    total = weights + lora + peak + constants["workspace_gib"] * model.GIB
    return {
        "gib": total / model.GIB,
        "prompts_per_second": len(ordered) / seconds,
        "tokens_per_second": len(ordered) * new_tokens / seconds,
        "seconds": seconds,
    }
