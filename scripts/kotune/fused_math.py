"""The small steps between a layer's matrix products, each as one pass over memory: norms, rotary positions, SwiGLU.

Reads and writes nothing. Each is written in plain torch and means the same on any device; on a GPU torch.compile makes
one kernel of it. Arithmetic is float32 inside, results have their inputs' type.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def compiled(step: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a step on its first use with a GPU tensor, for any number of tokens; run it as it stands on a CPU."""

    @functools.wraps(step)
    def run(first: Tensor, *others: Any) -> Any:
        return _compiled(step)(first, *others) if first.is_cuda else step(first, *others)

    return run


@functools.cache
def _compiled(step: Callable[..., Any]) -> Callable[..., Any]:
    import torch

    return torch.compile(step, dynamic=True, fullgraph=True)


@compiled
def norm(x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Return RMS-normed x (tokens, width) and 1 / RMS of each token (tokens, 1; float32)."""
    wide = x.float()
    inverse = (wide.square().mean(-1, keepdim=True) + eps).rsqrt()
    return (wide * inverse * weight.float()).to(x.dtype), inverse


@compiled
def renorm(x: Tensor, weight: Tensor, inverse: Tensor) -> Tensor:
    """Return RMS-normed x again from what `norm` kept."""
    return (x.float() * inverse * weight.float()).to(x.dtype)


@compiled
def norm_backward(grad: Tensor, x: Tensor, weight: Tensor, inverse: Tensor, residual: Tensor) -> Tensor:
    """Return the gradient of x: through its norm, and ``residual`` past it."""
    unit = x.float() * inverse
    scaled = grad.float() * weight.float()
    through = (scaled - unit * (scaled * unit).mean(-1, keepdim=True)) * inverse
    return (residual.float() + through).to(x.dtype)


@compiled
def rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> None:
    """Rotate heads (tokens, heads, width) in place by their positions' angles (tokens, width / 2)."""
    half = heads.shape[-1] // 2
    left, right = heads[..., :half].float(), heads[..., half:].float()
    c, s = cos.float()[:, None], sin.float()[:, None]
    turned_left, turned_right = left * c - right * s, right * c + left * s
    heads[..., :half].copy_(turned_left)
    heads[..., half:].copy_(turned_right)


@compiled
def rotate_back(heads: Tensor, cos: Tensor, sin: Tensor) -> None:
    """Undo `rotate`, in place: its gradient."""
    half = heads.shape[-1] // 2
    left, right = heads[..., :half].float(), heads[..., half:].float()
    c, s = cos.float()[:, None], sin.float()[:, None]
    turned_left, turned_right = left * c + right * s, right * c - left * s
    heads[..., :half].copy_(turned_left)
    heads[..., half:].copy_(turned_right)


@compiled
def swiglu(gate_up: Tensor) -> Tensor:
    """Return silu(gate) · up of (tokens, gate | up)."""
    half = gate_up.shape[-1] // 2
    gate, up = gate_up[:, :half].float(), gate_up[:, half:].float()
    return (gate * gate.sigmoid() * up).to(gate_up.dtype)


@compiled
def swiglu_backward(gate_up: Tensor, grad: Tensor) -> None:
    """Put the gradient of gate | up in their place, and `swiglu`'s result in its gradient's place."""
    half = gate_up.shape[-1] // 2
    gate, up, above = gate_up[:, :half].float(), gate_up[:, half:].float(), grad.float()
    sigmoid = gate.sigmoid()
    silu = gate * sigmoid
    result, grad_up = silu * up, above * silu
    grad_gate = above * up * sigmoid * (1 + gate * (1 - sigmoid))
    gate_up[:, :half].copy_(grad_gate)
    gate_up[:, half:].copy_(grad_up)
    grad.copy_(result)
