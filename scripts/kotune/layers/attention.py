"""Causal attention over rows packed one after another in one sequence, without padding; no row sees its neighbours.

Reads and writes nothing. ``starts`` (int32, rows + 1) says where each row begins; the last entry is the end. Four ways
to the same numbers: cuDNN's kernels (`attention_cudnn`), torch's own flash attention (Ampere and newer), compiled
flex_attention for capped logits (`attention_capped`), and row by row (everything else, a CPU included).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.layers import attention_capped, attention_cudnn

if TYPE_CHECKING:
    from torch import Tensor

NAME = "kotune_varlen"  # what transformers' models are told as their attn_implementation


@dataclass(frozen=True)
class Packed:
    """Where rows begin in a packed sequence: ``starts`` (int32, rows + 1, on the device) and the longest row's length.

    ``lengths`` are the same boundaries as Python numbers, which the way row by row needs; None where nobody asked.
    """

    starts: Tensor
    longest: int
    lengths: tuple[int, ...] | None = None


def kernel_for(device: Any, dtype: Any, head_dim: int, window: int | None) -> str:
    """Return the fastest exact kernel that a device has for inputs of a type and a head's width."""
    import torch

    if device.type != "cuda" or dtype not in (torch.bfloat16, torch.float16) or head_dim % 8:
        return "rows"
    major, _ = torch.cuda.get_device_capability(device)
    if major >= 9 and head_dim <= attention_cudnn.WIDEST and window is None and attention_cudnn.available():
        return "cudnn"
    return "flash" if major >= 8 and head_dim <= 256 else "rows"


class Attention:
    """The attention of one pass, on queries, keys and values that lie in one tensor (tokens, all heads, width)."""

    def __init__(
        self, packed: Packed, joint: Any, heads: int, kv_heads: int, window: int | None, kernel: str | None = None,
        workspace: int | None = None,
    ) -> None:  # fmt: skip
        """``joint``: any tensor of the pass's type and device, as long and as wide as the joint one will be.

        ``workspace``: the bytes that cuDNN's backward pass may take; if it needs more, flash attention is used instead.
        """
        self.packed, self.heads, self.kv_heads, self.window = packed, heads, kv_heads, window
        self.width = joint.shape[-1]
        self.scale = self.width**-0.5
        self.kernel = kernel or kernel_for(joint.device, joint.dtype, self.width, window)
        self.rows: Any = None
        if self.kernel == "cudnn":
            self.rows = attention_cudnn.rows_of(
                packed.starts, packed.longest, len(joint), heads, kv_heads, self.width, joint.dtype
            )
            if workspace is not None and attention_cudnn.workspace_of(self.rows) > workspace:
                self.kernel = "flash"

    def forward(self, joint: Tensor) -> tuple[Tensor, Any]:
        """Return the attended values (tokens, heads, width) and what `backward` needs besides."""
        import torch

        if self.kernel == "cudnn":
            return attention_cudnn.forward(joint, self.rows)
        parts = joint.detach().split([self.heads, self.kv_heads, self.kv_heads], dim=1)
        with torch.enable_grad():
            inputs = [part.detach().requires_grad_() for part in parts]
            out = attend(*inputs, self.packed, self.scale, self.kernel, self.window)
        return out.detach(), (inputs, out)

    def backward(self, grad: Tensor, joint: Tensor, out: Tensor, saved: Any) -> Tensor:
        """Return the gradient of ``joint``, laid out like it."""
        import torch

        if self.kernel == "cudnn":
            return attention_cudnn.backward(grad, joint, out, saved, self.rows)
        inputs, made = saved
        return torch.cat(torch.autograd.grad(made, inputs, grad), dim=1)


def attend(
    q: Tensor, k: Tensor, v: Tensor, packed: Packed, scale: float, kernel: str, window: int | None,
    softcap: float | None = None,
) -> Tensor:  # fmt: skip
    """Attend: q (tokens, heads, width), k and v (tokens, kv heads, width); ``window``: how many tokens a token sees.

    ``softcap``: the bound that logits are bent to (`flex` and `rows` alone). Differentiable in q, k and v.
    """
    import torch

    starts, longest = packed.starts, packed.longest
    if kernel == "flash":
        left = -1 if window is None else window - 1
        return torch.ops.aten._flash_attention_forward(
            q, k, v, starts, starts, longest, longest, 0.0, True, False,
            scale=scale, window_size_left=left, window_size_right=0,
        )[0]  # fmt: skip
    if kernel == "flex":
        return attention_capped.attend(q, k, v, starts, scale, window, softcap)
    return by_rows(q, k, v, packed, scale, window, softcap)


def lengths_of(packed: Packed) -> tuple[int, ...]:
    """Return each row's length as a number."""
    return packed.lengths if packed.lengths is not None else tuple(packed.starts.diff().tolist())


def by_rows(
    q: Tensor, k: Tensor, v: Tensor, packed: Packed, scale: float, window: int | None, softcap: float | None = None
) -> Tensor:
    """Attend row by row through torch's own attention: any device can, and the other ways are held to it."""
    import torch

    if softcap is not None:
        return _capped_by_rows(q, k, v, packed, scale, window, softcap)
    outs = []
    for row in zip(*(one.split(list(lengths_of(packed))) for one in (q, k, v)), strict=True):
        queries, keys, values = (one.transpose(0, 1)[None] for one in row)
        length = queries.shape[2]
        mask = None
        if window is not None and window < length:
            far = torch.ones(length, length, dtype=torch.bool, device=q.device).tril()
            mask = far & ~far.tril(-window)
        made = torch.nn.functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=mask, is_causal=mask is None, scale=scale, enable_gqa=True
        )
        outs.append(made[0].transpose(0, 1))
    return torch.cat(outs)


def _capped_by_rows(
    q: Tensor, k: Tensor, v: Tensor, packed: Packed, scale: float, window: int | None, softcap: float
) -> Tensor:
    import torch

    outs = []
    times = q.shape[1] // k.shape[1]
    for queries, keys, values in zip(*(one.split(list(lengths_of(packed))) for one in (q, k, v)), strict=True):
        scores = torch.einsum("qhd,khd->hqk", queries, keys.repeat_interleave(times, 1)) * scale
        scores = softcap * torch.tanh(scores.float() / softcap)
        seen = torch.ones(scores.shape[1:], dtype=torch.bool, device=q.device).tril()
        if window is not None:
            seen &= ~seen.tril(-window)
        shares = scores.masked_fill(~seen, -torch.inf).softmax(-1).to(q.dtype)
        outs.append(torch.einsum("hqk,khd->qhd", shares, values.repeat_interleave(times, 1)))
    return torch.cat(outs)


def register() -> None:
    """Make this attention known to transformers' models, under NAME.

    A packed batch (TRL's collator hands its boundaries over) goes the ways above; a padded one through transformers'
    own scaled_dot_product_attention, which cannot cap logits (Gemma 2).
    """
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import flash_attention_mask, sdpa_mask

    def for_layer(
        module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Any, scaling: float | None = None,
        cu_seq_lens_q: Any = None, max_length_q: Any = None, sliding_window: int | None = None,
        softcap: float | None = None, **others: Any,
    ) -> tuple[Tensor, None]:  # fmt: skip
        if cu_seq_lens_q is None:
            if softcap:
                raise UserError("padded rows cannot go this way with capped logits; set packing to false in the recipe")
            return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **others)
        scale = query.shape[-1] ** -0.5 if scaling is None else scaling
        kernel = kernel_for(query.device, query.dtype, query.shape[-1], sliding_window)
        packed = Packed(cu_seq_lens_q, int(max_length_q))
        rows = (one.transpose(1, 2)[0] for one in (query, key, value))
        if softcap:
            kernel = "rows" if query.device.type != "cuda" else "flex"
        out = attend(*rows, packed, scale, "flash" if kernel == "cudnn" else kernel, sliding_window, softcap)
        return out[None], None

    def mask(*args: Any, **kwargs: Any) -> Any:
        """A padded batch needs sdpa's own mask; a packed one needs none, and its position ids would make a huge one."""
        given = kwargs.get("attention_mask")
        return flash_attention_mask(*args, **kwargs) if given is None else sdpa_mask(*args, **kwargs)

    AttentionInterface.register(NAME, for_layer)
    AttentionMaskInterface.register(NAME, mask)
