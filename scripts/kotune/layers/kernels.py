"""Triton kernels of the steps in `layers.steps`, and of unpacking NF4: one pass over memory each, cheap to launch.

Imported only where there is a GPU and Triton. Arithmetic is float32; tensors are contiguous along their last dimension.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def _norm(x_at, w_at, y_at, inverse_at, x_row, width, eps, again: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, BLOCK)
    there = column < width
    x = tl.load(x_at + row * x_row + column, there, 0.0).to(tl.float32)
    if again:
        inverse = tl.load(inverse_at + row)
    else:
        inverse = tl.rsqrt(tl.sum(x * x, 0) / width + eps)
        tl.store(inverse_at + row, inverse)
    w = tl.load(w_at + column, there, 0.0).to(tl.float32)
    tl.store(y_at + row * width + column, (x * inverse * w).to(y_at.dtype.element_ty), there)


@triton.jit
def _norm_backward(g_at, x_at, w_at, inverse_at, r_at, y_at, g_row, x_row, r_row, width, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, BLOCK)
    there = column < width
    inverse = tl.load(inverse_at + row)
    unit = tl.load(x_at + row * x_row + column, there, 0.0).to(tl.float32) * inverse
    w = tl.load(w_at + column, there, 0.0).to(tl.float32)
    scaled = tl.load(g_at + row * g_row + column, there, 0.0).to(tl.float32) * w
    residual = tl.load(r_at + row * r_row + column, there, 0.0).to(tl.float32)
    through = (scaled - unit * (tl.sum(scaled * unit, 0) / width)) * inverse
    tl.store(y_at + row * width + column, (residual + through).to(y_at.dtype.element_ty), there)


@triton.jit
def _rotate(x_at, cos_at, sin_at, x_row, heads, half, sign, HEADS: tl.constexpr, HALF: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    head = tl.arange(0, HEADS)[:, None]
    column = tl.arange(0, HALF)[None, :]
    there = (head < heads) & (column < half)
    cos = tl.load(cos_at + row * half + column, column < half, 0.0).to(tl.float32)
    sin = tl.load(sin_at + row * half + column, column < half, 0.0).to(tl.float32) * sign
    place = x_at + row * x_row + head * (2 * half) + column
    left = tl.load(place, there, 0.0).to(tl.float32)
    right = tl.load(place + half, there, 0.0).to(tl.float32)
    tl.store(place, (left * cos - right * sin).to(x_at.dtype.element_ty), there)
    tl.store(place + half, (right * cos + left * sin).to(x_at.dtype.element_ty), there)


@triton.jit
def _swiglu(x_at, y_at, half, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    there = column < half
    gate = tl.load(x_at + row * 2 * half + column, there, 0.0).to(tl.float32)
    up = tl.load(x_at + row * 2 * half + half + column, there, 0.0).to(tl.float32)
    tl.store(y_at + row * half + column, (gate * tl.sigmoid(gate) * up).to(y_at.dtype.element_ty), there)


@triton.jit
def _swiglu_backward(x_at, g_at, half, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    there = column < half
    at = x_at + row * 2 * half + column
    gate = tl.load(at, there, 0.0).to(tl.float32)
    up = tl.load(at + half, there, 0.0).to(tl.float32)
    above = tl.load(g_at + row * half + column, there, 0.0).to(tl.float32)
    sigmoid = tl.sigmoid(gate)
    silu = gate * sigmoid
    tl.store(at, (above * up * sigmoid * (1 + gate * (1 - sigmoid))).to(x_at.dtype.element_ty), there)
    tl.store(at + half, (above * silu).to(x_at.dtype.element_ty), there)
    tl.store(g_at + row * half + column, (silu * up).to(g_at.dtype.element_ty), there)


@triton.jit
def _unpack(packed_at, absmax_at, code_at, out_at, count, SHIFT: tl.constexpr, BLOCK: tl.constexpr):
    byte = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = byte < count
    both = tl.load(packed_at + byte, there, 0).to(tl.int32)
    scale = tl.load(absmax_at + (byte >> SHIFT), there, 0.0)
    first = (tl.load(code_at + (both >> 4)) * scale).to(out_at.dtype.element_ty)
    second = (tl.load(code_at + (both & 15)) * scale).to(out_at.dtype.element_ty)
    place = tl.program_id(0).to(tl.int64) * 2 * BLOCK + tl.arange(0, 2 * BLOCK)
    tl.store(out_at + place, tl.interleave(first, second), place < 2 * count)


def _block(width: int) -> tuple[int, int]:
    block = triton.next_power_of_2(width)
    return block, 16 if block >= 8192 else 8 if block >= 2048 else 4


def norm(x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """See `layers.steps.norm`."""
    rows, width = x.shape
    y = torch.empty((rows, width), dtype=x.dtype, device=x.device)
    inverse = torch.empty((rows, 1), dtype=torch.float32, device=x.device)
    block, warps = _block(width)
    if rows:
        _norm[(rows,)](x, weight, y, inverse, x.stride(0), width, eps, again=False, BLOCK=block, num_warps=warps)
    return y, inverse


def renorm(x: Tensor, weight: Tensor, inverse: Tensor) -> Tensor:
    """See `layers.steps.renorm`."""
    rows, width = x.shape
    y = torch.empty((rows, width), dtype=x.dtype, device=x.device)
    block, warps = _block(width)
    if rows:
        _norm[(rows,)](x, weight, y, inverse, x.stride(0), width, 0.0, again=True, BLOCK=block, num_warps=warps)
    return y


def norm_backward(grad: Tensor, x: Tensor, weight: Tensor, inverse: Tensor, residual: Tensor) -> Tensor:
    """See `layers.steps.norm_backward`."""
    rows, width = x.shape
    y = torch.empty((rows, width), dtype=x.dtype, device=x.device)
    block, warps = _block(width)
    if rows:
        _norm_backward[(rows,)](
            grad, x, weight, inverse, residual, y, grad.stride(0), x.stride(0), residual.stride(0), width,
            BLOCK=block, num_warps=warps,
        )  # fmt: skip
    return y


def rotate(heads: Tensor, cos: Tensor, sin: Tensor, sign: float = 1.0) -> None:
    """See `layers.steps.rotate`; ``sign`` -1 turns back."""
    rows, count, width = heads.shape
    _rotate[(rows,)](
        heads, cos, sin, heads.stride(0), count, width // 2, sign,
        HEADS=triton.next_power_of_2(count), HALF=triton.next_power_of_2(width // 2), num_warps=4,
    )  # fmt: skip


def swiglu(gate_up: Tensor) -> Tensor:
    """See `layers.steps.swiglu`."""
    rows, width = gate_up.shape
    y = torch.empty((rows, width // 2), dtype=gate_up.dtype, device=gate_up.device)
    if rows:
        _swiglu[(rows, triton.cdiv(width // 2, 2048))](gate_up, y, width // 2, BLOCK=2048, num_warps=8)
    return y


def swiglu_backward(gate_up: Tensor, grad: Tensor) -> None:
    """See `layers.steps.swiglu_backward`."""
    rows, width = gate_up.shape
    if rows:
        _swiglu_backward[(rows, triton.cdiv(width // 2, 2048))](gate_up, grad, width // 2, BLOCK=2048, num_warps=8)


def unpack(packed: Tensor, absmax: Tensor, code: Tensor, out: Tensor, blocksize: int) -> None:
    """Unpack four-bit values into ``out``: code[value] · absmax of its block, as bitsandbytes does, bit for bit."""
    count = packed.numel()
    shift = (blocksize // 2).bit_length() - 1
    _unpack[(triton.cdiv(count, 1024),)](packed, absmax, code, out, count, SHIFT=shift, BLOCK=1024, num_warps=4)
