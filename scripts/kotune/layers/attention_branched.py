"""Attention over packed rows that go on from other rows of the same pass: a text that many rows share is read once.

Reads and writes nothing. A row attends to the rows that it continues, from the first on, and causally to itself. On a
GPU it is one call of torch's flash attention whose keys are gathered; elsewhere it goes row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune.layers.attention import kernel_for

if TYPE_CHECKING:
    from torch import Tensor

NAME = "kotune_branched"  # what transformers' models are told as their attn_implementation


@dataclass(frozen=True)
class Row:
    """New tokens of a pass and the row of the same pass that they continue, by its place; None: they begin a text."""

    tokens: Sequence[int]
    after: int | None = None


@dataclass(frozen=True)
class Branches:
    """Where rows begin among the queries and among the gathered keys of a pass.

    ``seen``: of each key its place in the pass (keys); ``starts`` and ``seen_starts``: int32, rows + 1. ``lengths`` and
    ``seen_lengths`` are the same boundaries as Python numbers.
    """

    seen: Tensor
    starts: Tensor
    seen_starts: Tensor
    lengths: tuple[int, ...]
    seen_lengths: tuple[int, ...]


def places_of(rows: Sequence[Row]) -> tuple[list[list[int]], list[list[int]]]:
    """Return of each row the positions of its tokens in their text, and the places in the pass of all that it sees.

    A row stands behind the row that it continues.
    """
    positions: list[list[int]] = []
    seen: list[list[int]] = []
    begin = 0
    for row in rows:
        before = seen[row.after] if row.after is not None else []
        positions.append(list(range(len(before), len(before) + len(row.tokens))))
        seen.append([*before, *range(begin, begin + len(row.tokens))])
        begin += len(row.tokens)
    return positions, seen


def branches_of(rows: Sequence[Row], device: Any) -> tuple[Tensor, Tensor, Branches]:
    """Return token ids (tokens), positions (tokens) and the branches of a pass, on a device."""
    import torch

    positions, seen = places_of(rows)
    lengths, seen_lengths = [len(row.tokens) for row in rows], [len(one) for one in seen]

    def flat(parts: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor([one for part in parts for one in part]).to(device, non_blocking=True)

    def starts(counts: list[int]) -> Tensor:
        return torch.tensor([0, *counts]).cumsum(0).to(torch.int32).to(device, non_blocking=True)

    branches = Branches(flat(seen), starts(lengths), starts(seen_lengths), tuple(lengths), tuple(seen_lengths))
    return flat([row.tokens for row in rows]), flat(positions), branches


def attend(
    q: Tensor, k: Tensor, v: Tensor, branches: Branches, scale: float, window: int | None, softcap: float | None = None
) -> Tensor:
    """Attend: q (tokens, heads, width), k and v (tokens, kv heads, width); ``window``: how many tokens a token sees.

    ``softcap``: the bound that logits are bent to; row by row alone.
    """
    import torch

    k, v = k.index_select(0, branches.seen), v.index_select(0, branches.seen)
    if softcap is None and kernel_for(q.device, q.dtype, q.shape[-1], window) != "rows":
        left = -1 if window is None else window - 1
        return torch.ops.aten._flash_attention_forward(
            q, k, v, branches.starts, branches.seen_starts, max(branches.lengths), max(branches.seen_lengths),
            0.0, True, False, scale=scale, window_size_left=left, window_size_right=0,
        )[0]  # fmt: skip
    parts = zip(q.split(branches.lengths), k.split(branches.seen_lengths), v.split(branches.seen_lengths), strict=True)
    return torch.cat([_row(*part, scale, window, softcap) for part in parts])


def _row(q: Tensor, k: Tensor, v: Tensor, scale: float, window: int | None, softcap: float | None) -> Tensor:
    """Attend from a row's queries, which are the last of what its keys hold."""
    import torch

    queries, keys, values = (one.transpose(0, 1)[None] for one in (q, k, v))
    before = len(k) - len(q)
    if softcap is None and window is None and not before:
        made = torch.nn.functional.scaled_dot_product_attention(
            queries, keys, values, is_causal=True, scale=scale, enable_gqa=True
        )
        return made[0].transpose(0, 1)
    mask = torch.ones(len(q), len(k), dtype=torch.bool, device=q.device).tril(before)
    if window is not None:
        mask &= ~mask.tril(before - window)
    if softcap is None:
        made = torch.nn.functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=mask, scale=scale, enable_gqa=True
        )
        return made[0].transpose(0, 1)
    times = q.shape[1] // k.shape[1]
    scores = torch.einsum("qhd,khd->hqk", q, k.repeat_interleave(times, 1)) * scale
    scores = softcap * torch.tanh(scores.float() / softcap)
    shares = scores.masked_fill(~mask, -torch.inf).softmax(-1).to(q.dtype)
    return torch.einsum("hqk,khd->qhd", shares, v.repeat_interleave(times, 1))


def refusal(model: Any) -> str | None:
    """Return why a loaded model cannot attend this way, or None where it can."""
    if not getattr(model, "_supports_attention_backend", False):
        return f"{type(model).__name__} does not let its attention be chosen"
    device, config = model.device, model.config
    if device.type != "cuda":
        return None
    if getattr(config, "attn_logit_softcapping", None):
        return "its attention is capped, which flash attention cannot do"
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if kernel_for(device, model.dtype, width, None) == "rows":
        return "the GPU has no flash attention for it"
    return None


def register() -> None:
    """Make this attention known to transformers' models, under NAME; a model is called with ``branches``."""
    from transformers import AttentionInterface, AttentionMaskInterface

    def for_layer(
        module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Any, scaling: float | None = None,
        branches: Any = None, sliding_window: int | None = None, softcap: float | None = None, **others: Any,
    ) -> tuple[Tensor, None]:  # fmt: skip
        scale = query.shape[-1] ** -0.5 if scaling is None else scaling
        rows = (one.transpose(1, 2)[0] for one in (query, key, value))
        return attend(*rows, branches, scale, sliding_window, softcap)[None], None

    def mask(*args: Any, **kwargs: Any) -> None:
        """No mask: a row's keys are gathered, so that there is nothing else to be seen."""

    AttentionInterface.register(NAME, for_layer)
    AttentionMaskInterface.register(NAME, mask)
