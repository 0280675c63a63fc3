"""Packed rows' attention with capped logits (Gemma 2) on a GPU: torch's flex_attention, compiled for a few lengths.

Reads and writes nothing. A kernel is compiled for each number of tokens, so passes are filled up to a multiple of
FILL; the filling is a row of its own that is ignored. Source of the cap: Gemma 2, https://arxiv.org/abs/2408.00118.
"""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

FILL = 2048  # tokens that a pass is filled up to a multiple of
_masks: dict[int | None, tuple[Any, int, Any]] = {}  # window → the boundaries it was made for, tokens, mask


@functools.cache
def _compiled(softcap: float) -> Any:
    import torch
    from torch.nn.attention.flex_attention import flex_attention

    def capped(score: Tensor, batch: Any, head: Any, query: Any, key: Any) -> Tensor:
        return softcap * torch.tanh(score / softcap)

    torch._dynamo.config.cache_size_limit = max(torch._dynamo.config.cache_size_limit, 64)
    return torch.compile(functools.partial(flex_attention, score_mod=capped), dynamic=False)


def _mask(starts: Tensor, tokens: int, window: int | None) -> Any:
    """Return the block mask of a pass; each layer of it asks for the same one again."""
    import torch
    from torch.nn.attention.flex_attention import create_block_mask

    known = _masks.get(window)
    if known and known[0]() is starts and known[1] == tokens:
        return known[2]
    row = torch.searchsorted(starts[1:].contiguous(), torch.arange(tokens, device=starts.device), right=True)

    def seen(batch: Any, head: Any, query: Any, key: Any) -> Any:
        own = (row[query] == row[key]) & (query >= key)
        return own if window is None else own & (query - key < window)

    mask = create_block_mask(seen, None, None, tokens, tokens, device=starts.device)
    _masks[window] = weakref.ref(starts), tokens, mask
    return mask


def attend(q: Tensor, k: Tensor, v: Tensor, starts: Tensor, scale: float, window: int | None, softcap: float) -> Tensor:
    """Attend: q (tokens, heads, width), k and v (tokens, kv heads, width) → (tokens, heads, width)."""
    import torch

    tokens = len(q)
    missing = -tokens % FILL
    filled = (torch.nn.functional.pad(one, (0, 0, 0, 0, 0, missing)).transpose(0, 1)[None] for one in (q, k, v))
    mask = _mask(starts, tokens + missing, window)
    made = _compiled(softcap)(*filled, block_mask=mask, scale=scale, enable_gqa=True)
    return made[0].transpose(0, 1)[:tokens]
