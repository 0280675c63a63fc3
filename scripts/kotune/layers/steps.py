"""The small steps between a layer's matrix products, each as one pass over memory: norms, rotary positions, SwiGLU.

Reads and writes nothing. Here each is written in plain torch, which runs on any device and with which the tests compare
the kernels; on a GPU with Triton, the kernel of the same name is used (`layers.kernels`). Arithmetic is float32 inside,
results have their inputs' type.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@functools.cache
def has_triton() -> bool:
    """Return whether Triton is installed."""
    return importlib.util.find_spec("triton") is not None


def on_gpu(step: Callable[..., Any]) -> Callable[..., Any]:
    """Let the Triton kernel of the same name do a step on GPU tensors."""

    @functools.wraps(step)
    def run(first: Tensor, *others: Any) -> Any:
        if not (first.is_cuda and has_triton()):
            return step(first, *others)
        from kotune.layers import kernels

        return getattr(kernels, step.__name__)(first, *others)

    return run


@on_gpu
def norm(x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Return RMS-normed x (tokens, width) and 1 / RMS of each token (tokens, 1; float32)."""
    wide = x.float()
    inverse = (wide.square().mean(-1, keepdim=True) + eps).rsqrt()
    return (wide * inverse * weight.float()).to(x.dtype), inverse


@on_gpu
def renorm(x: Tensor, weight: Tensor, inverse: Tensor) -> Tensor:
    """Return RMS-normed x again from what `norm` kept."""
    return (x.float() * inverse * weight.float()).to(x.dtype)


@on_gpu
def norm_backward(grad: Tensor, x: Tensor, weight: Tensor, inverse: Tensor, residual: Tensor) -> Tensor:
    """Return the gradient of x: through its norm, and ``residual`` past it."""
    unit = x.float() * inverse
    scaled = grad.float() * weight.float()
    through = (scaled - unit * (scaled * unit).mean(-1, keepdim=True)) * inverse
    return (residual.float() + through).to(x.dtype)


@on_gpu
def rotate(heads: Tensor, cos: Tensor, sin: Tensor, sign: float = 1.0) -> None:
    """Rotate heads (tokens, heads, width) in place by their positions' angles (tokens, width / 2).

    ``sign`` -1 undoes it, which is its gradient.
    """
    half = heads.shape[-1] // 2
    left, right = heads[..., :half].float(), heads[..., half:].float()
    c, s = cos.float()[:, None], sign * sin.float()[:, None]
    turned = left * c - right * s, right * c + left * s
    heads[..., :half].copy_(turned[0])
    heads[..., half:].copy_(turned[1])


@on_gpu
def swiglu(gate_up: Tensor) -> Tensor:
    """Return silu(gate) · up of (tokens, gate | up)."""
    gate, up = gate_up.float().chunk(2, -1)
    return (gate * gate.sigmoid() * up).to(gate_up.dtype)


@on_gpu
def swiglu_backward(gate_up: Tensor, grad: Tensor) -> None:
    """Put the gradient of gate | up in their place, and `swiglu`'s result in its gradient's place."""
    half = gate_up.shape[-1] // 2
    gate, up = gate_up.float().chunk(2, -1)
    above, sigmoid = grad.float(), gate.sigmoid()
    silu = gate * sigmoid
    result, grad_gate, grad_up = silu * up, above * up * sigmoid * (1 + gate * (1 - sigmoid)), above * silu
    gate_up[:, :half].copy_(grad_gate)
    gate_up[:, half:].copy_(grad_up)
    grad.copy_(result)
