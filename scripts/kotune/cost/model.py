"""What tuning costs: a model's shape and a recipe to parameters, FLOPs, GiB and seconds, without a GPU.

Reads and writes nothing: the constants (config/cost-model.yaml) and the card (config/cards.yaml) are given. FLOPs are
counted for tokens other than padding: 4 per weight of the frozen layers (forward, and the gradient of their input), 6
per weight of LoRA, three times the forward pass of causal attention, and 4 per weight of the output layer on the
answer's positions. What checkpointing recomputes takes time, and is not counted as work. A reference that looks at
each sequence costs its forward pass: 2 per weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.cost import fused
from kotune.cost.cards import Card
from kotune.cost.row_lengths import Lengths
from kotune.cost.shapes import Plan, Shape, lora_parameters

GIB = 2**30
LARGE = 10**6  # GiB: where no card is looked at


@dataclass(frozen=True)
class Pass:
    """One forward and backward pass: its places (padding included), its query-key pairs, answers and longest row."""

    slots: int
    pairs: float
    answers: int
    longest: int


def passes_of(lengths: Lengths, plan: Plan, constants: Json) -> list[Pass]:
    """Return the passes that rows make, in their order: padded to the longest of a batch, or packed."""
    rows = [prompt + answer for prompt, answer in lengths]
    if plan.path == "fused":
        raise ValueError("the fused layers' passes depend on the card: see `cost.fused`")
    if plan.max_length is None:
        passes = []
        for start in range(0, len(rows), plan.sequences):
            batch, longest = rows[start : start + plan.sequences], max(rows[start : start + plan.sequences])
            answers = sum(answer for _, answer in lengths[start : start + plan.sequences])
            passes.append(Pass(len(batch) * longest, len(batch) * longest**2 / 2, answers, longest))
        return passes
    room = plan.batch * plan.max_length
    share = room * constants["packing_fill"] / sum(rows)  # how many of all rows one pass holds
    answers = sum(answer for _, answer in lengths)
    one = Pass(room, sum(row**2 for row in rows) / 2 * share, round(answers * share), max(rows))
    return [one]


def linear_bytes(shape: Shape, plan: Plan, constants: Json) -> float:
    """Return the bytes of the frozen linear maps."""
    packed = constants["double_quant_bytes" if plan.double_quant else "four_bit_bytes"]
    return shape.linear * (packed if plan.four_bit else 2)


def frozen(shape: Shape, plan: Plan, constants: Json) -> float:
    """Return the bytes of all frozen weights: the linear maps, and the embeddings in 16 bits."""
    return linear_bytes(shape, plan, constants) + 2 * shape.embeddings


def layer_bytes(shape: Shape, plan: Plan, kernels: str, constants: Json, longest: int = 0) -> float:
    """Return the bytes that one layer keeps for each place of a pass, for its backward pass."""
    h, q, k, ffn = shape.hidden, shape.query, shape.key, shape.ffn
    kept = 2 * (4 * h + 2 * q + 2 * k + 3 * ffn)
    if kernels == "plain":
        kept += 2 * ffn + 4 * h * shape.norms  # the gate's output, and each norm's input in 32 bits
    if plan.adapter_bytes == 4:
        kept += 2 * (3 * h + q)  # each LoRA map keeps its own copy of its input
    if plan.max_length is None:
        kept += 4 * (q - k) + 2 * longest  # keys and values repeated for the queries' heads, and the mask
    if shape.eager:
        kept += shape.heads * longest * constants["eager_bytes_per_score"]
    return kept


def flops(shape: Shape, plan: Plan, slots: float, pairs: float, answers: float, recompute: bool = False) -> float:
    """Return the FLOPs of training on so many places, query-key pairs and answer positions."""
    attention = 4 * shape.layers * shape.query * pairs
    work = (4 * shape.linear + 6 * lora_parameters(shape, plan)) * slots + 3 * attention
    logits = shape.vocab * shape.hidden * (slots if plan.all_logits else answers)
    work += 4 * logits + plan.looks * (2 * shape.linear * slots + attention + 2 * logits)
    return work + (2 * shape.linear * slots + attention if recompute else 0)


def flops_per_token(shape: Shape, plan: Plan, lengths: Lengths) -> float:
    """Return the FLOPs of training for each token other than padding; recomputed work is not counted."""
    rows = [prompt + answer for prompt, answer in lengths]
    pairs, answers = sum(row**2 for row in rows) / 2, sum(answer for _, answer in lengths)
    return flops(shape, plan, sum(rows), pairs, answers) / sum(rows)


def training_memory(
    shape: Shape, plan: Plan, lengths: Lengths, constants: Json, available: float = LARGE
) -> dict[str, float]:
    """Return the GiB of each part of a training's peak, and their sum under `total`.

    ``available``: the GiB of the card, which the fused layers fill with what spares them work.
    """
    if plan.path == "fused":
        return _fused_memory(shape, plan, lengths, constants, available)
    path = path_of(plan, constants)
    worst = max(passes_of(row_batches(lengths, plan), plan, constants), key=lambda one: one.slots)
    layer = layer_bytes(shape, plan, path["kernels"], constants, worst.longest) * worst.slots
    if plan.checkpointing:
        kept = 2 * shape.hidden * shape.layers * worst.slots + constants["transient_layers"] * layer
    else:
        kept = shape.layers * layer * path["margin"]
    # TRL scores answers only, a tile of the vocabulary at a time
    tile = min(shape.vocab, constants["vocabulary_tile"])
    logits = worst.slots * shape.vocab if plan.all_logits else worst.answers * tile
    if plan.drawn:  # of some positions at a time, over the whole vocabulary
        logits = min(worst.answers, constants["positions_at_once"]) * shape.vocab
    lora = lora_parameters(shape, plan)
    states = 2 if "8bit" in plan.optim else 8 if "32bit" in plan.optim else 2 * plan.adapter_bytes
    parts = {
        "weights": frozen(shape, plan, constants),
        "adapter": lora * (2 * plan.adapter_bytes + states),
        **({"reference": lora * plan.adapter_bytes} if plan.looks else {}),
        "activations": kept,
        "logits": constants["bytes_per_logit"] * logits,
        "workspace": constants["workspace_gib"] * GIB + (4 * shape.hidden * shape.ffn if plan.four_bit else 0),
    }
    gib = {name: size / GIB for name, size in parts.items()}
    return gib | {"total": sum(gib.values())}


def _fused(shape: Shape, plan: Plan, lengths: Lengths, constants: Json, available: float) -> fused.Cost:
    usable = (available - constants["context_gib"]) * GIB
    return fused.of(shape, plan, lengths, usable, frozen(shape, plan, constants))


def _fused_memory(shape: Shape, plan: Plan, lengths: Lengths, constants: Json, available: float) -> dict[str, float]:
    cost = _fused(shape, plan, lengths, constants, available)
    parts = {
        "weights": frozen(shape, plan, constants),
        "adapter": cost.adapter,
        "activations": cost.activations,
        "workspace": constants["workspace_gib"] * GIB,
    }
    gib = {name: size / GIB for name, size in parts.items()}
    return gib | {"total": sum(gib.values())}


def row_batches(lengths: Lengths, plan: Plan) -> Lengths:
    """Return the longest row and, beside it, those of its batch: the pass that takes the most memory."""
    if plan.max_length is not None:
        return lengths
    return sorted(lengths, key=lambda row: -sum(row))[: plan.sequences]


def path_of(plan: Plan, constants: Json) -> Json:
    """Return the constants of a training path."""
    if plan.path not in constants["training"]:
        hint = nearest(plan.path, constants["training"])
        raise UserError(f"config/cost-model.yaml, training: unknown path '{plan.path}'{hint}")
    return constants["training"][plan.path]


def _pass_seconds(shape: Shape, plan: Plan, one: Pass, card: Card, constants: Json) -> float:
    """Return the seconds of one pass: arithmetic and traffic, or the processor's launches where they take longer."""
    path = path_of(plan, constants)
    again = plan.checkpointing
    layer = layer_bytes(replace(shape, eager=False), plan, path["kernels"], constants) * shape.layers * one.slots
    moved = path["traffic"] * layer * (constants["recompute_traffic"] if again else 1)
    if shape.eager:
        scores = shape.layers * shape.heads * 2 * one.pairs * constants["eager_bytes_per_score"]
        moved += scores * constants["eager_traffic"]
    if plan.four_bit:
        unpacked = shape.linear * (constants["four_bit_bytes"] + 2) * constants["dequantize_slowdown"]
        moved += unpacked * (3 if again else 2)
    work = flops(shape, plan, one.slots, one.pairs, one.answers, recompute=again)
    host = shape.layers * path["host_ms_checkpointing" if again else "host_ms"] / 1e3
    host *= constants["eager_host"] if shape.eager else 1
    return max(host, work / card.flops + moved / card.bandwidth)


def _fused_seconds(shape: Shape, plan: Plan, lengths: Lengths, card: Card, constants: Json) -> float:
    """Return the seconds of training on all rows through the fused layers."""
    path, cost = path_of(plan, constants), _fused(shape, plan, lengths, constants, card.gib)
    sums, answers = [prompt + answer for prompt, answer in lengths], sum(answer for _, answer in lengths)
    share = cost.tokens / sum(sums)  # of all rows that one pass holds, or how many passes a row takes
    pairs, again = sum(row**2 for row in sums) / 2, cost.again(shape.layers)
    work = flops(shape, plan, sum(sums), pairs, answers) * share
    work += (2 * shape.linear * sum(sums) + 4 * shape.layers * shape.query * pairs) * share * again
    moved = path["traffic"] * fused.widths_of(shape).kept() * shape.layers * cost.tokens
    moved *= 1 + again * (constants["recompute_traffic"] - 1)
    if plan.four_bit:
        moved += shape.linear * (constants["four_bit_bytes"] + 2) * constants["dequantize_slowdown"] * (2 + again)
    host = shape.layers * (path["host_ms"] + again * (path["host_ms_checkpointing"] - path["host_ms"])) / 1e3
    update = constants["paged_optimizer_ms"] if plan.optim.startswith("paged") else path["optimizer_ms"]
    step = shape.layers * update / 1e3 * cost.tokens / plan_tokens(plan, sums)
    return (max(host, work / card.flops + moved / card.bandwidth) + step) / share


def plan_tokens(plan: Plan, sums: Sequence[int]) -> float:
    """Return the tokens of one step of the optimizer."""
    row = plan.max_length or sum(sums) / len(sums)
    return plan.sequences * plan.accumulation * row


def training(shape: Shape, plan: Plan, lengths: Lengths, card: Card, constants: Json) -> Json:
    """Return what tuning costs on a card: GiB and its parts, tokens and rows a second, FLOPs a token, MFU."""
    memory = training_memory(shape, plan, lengths, constants, card.gib)
    tokens = sum(prompt + answer for prompt, answer in lengths)
    if plan.path == "fused":
        seconds = _fused_seconds(shape, plan, lengths, card, constants)
    else:
        passes = passes_of(lengths, plan, constants)
        step = shape.layers * path_of(plan, constants)["optimizer_ms"] / 1e3 * len(plan.targets) / len(shape.modules)
        seconds = sum(_pass_seconds(shape, plan, one, card, constants) + step / plan.accumulation for one in passes)
        if plan.max_length is not None:  # one pass stands for all
            seconds *= tokens / (passes[0].slots * constants["packing_fill"])
    per_token = flops_per_token(shape, plan, lengths)
    return {
        "gib": memory["total"],
        "gib_parts": memory,
        "tokens_per_second": tokens / seconds,
        "rows_per_second": len(lengths) / seconds,
        "flops_per_token": per_token,
        "mfu": per_token * tokens / seconds / card.peak,
    }
