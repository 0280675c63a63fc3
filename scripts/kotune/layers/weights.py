"""Frozen weights and adapters as the fused layers multiply them: projections that read the same input are one matrix.

Reads a peft model in memory; writes nothing. This does not double memory: the model's own frozen parameters become
views of the joined matrices. Adapters are copied into joined matrices of the model's type before each pass, all at
once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune.layers import steps

if TYPE_CHECKING:
    from torch import Tensor, nn

ADAPTER = "default"


class Scratch:
    """One buffer in which every four-bit matrix is unpacked in turn, so that only one is ever there in 16 bits."""

    def __init__(self) -> None:
        self.buffer: Tensor | None = None

    def matrix(self, rows: int, columns: int, like: Tensor, dtype: Any) -> Tensor:
        """Return a (rows, columns) view of the buffer, which grows to the largest that was asked for."""
        import torch

        if self.buffer is None or self.buffer.numel() < rows * columns:
            self.buffer = None
            self.buffer = torch.empty(rows * columns, dtype=dtype, device=like.device)
        return self.buffer[: rows * columns].view(rows, columns)


@dataclass
class FourBit:
    """Weights of four bits: packed values, each block's scale (float32), the 16 values and the block's size."""

    packed: Tensor
    absmax: Tensor
    code: Tensor
    quant_type: str
    blocksize: int

    def into(self, out: Tensor) -> Tensor:
        """Unpack into a matrix, with bitsandbytes' own arithmetic."""
        if out.is_cuda and steps.has_triton():
            from kotune.layers import kernels

            kernels.unpack(self.packed, self.absmax, self.code, out, self.blocksize)
            return out
        from bitsandbytes import functional

        return functional.dequantize_4bit(
            self.packed, absmax=self.absmax, out=out, blocksize=self.blocksize, quant_type=self.quant_type
        )


@dataclass
class Part:
    """One projection's LoRA within a group: its parameters, its rows of the outputs, its columns of the ranks."""

    a: Tensor
    b: Tensor
    scaling: float
    rows: slice
    ranks: slice


@dataclass(frozen=True)
class LowGrads:
    """What a group's way back finds for its adapters: the gradient of low (tokens, ranks), and of B (out, ranks)."""

    low: Tensor
    b: Tensor


@dataclass
class Group:
    """Projections of one input, joined: weights (out, in), and the adapters as low = x Aᵀ, added as low Bᵀ.

    ``a`` (ranks, in) holds every A below the other, scaled; ``b`` (out, ranks) every B in its own rows and columns.
    """

    out: list[int]
    width: int
    parts: list[Part]
    bias: Tensor | None
    dtype: Any
    scratch: Scratch
    dense: Tensor | None = None
    four_bit: FourBit | None = None
    a: Tensor | None = None
    b: Tensor | None = None

    def weight(self) -> Tensor:
        """Return the joined weights; four-bit ones are unpacked into the scratch buffer, valid until the next."""
        if self.dense is not None:
            return self.dense
        assert self.four_bit is not None
        return self.four_bit.into(self.scratch.matrix(sum(self.out), self.width, self.four_bit.packed, self.dtype))

    def unpack(self) -> None:
        """Keep the weights in 16 bits from here on: the same values, four times the memory, no unpacking."""
        if self.dense is None:
            self.dense = self.weight().clone()

    def parameters(self) -> list[Tensor]:
        """Return the adapters' parameters, A and B in turn."""
        return [tensor for part in self.parts for tensor in (part.a, part.b)]

    def forward(self, x: Tensor, onto: Tensor | None = None, adapter: bool = True) -> tuple[Tensor, Tensor | None]:
        """Return x Wᵀ + low Bᵀ + ``onto`` (or the bias), and low, which the way back needs.

        The adapter's share is written first and the large product adds onto it: one pass over the outputs less.
        """
        import torch

        onto = self.bias if onto is None else onto
        weight = self.weight().t()
        if self.a is None or not adapter:
            return (x @ weight if onto is None else torch.addmm(onto, x, weight)), None
        low = x @ self.a.t()
        made = low @ self.b.t() if onto is None else torch.addmm(onto, low, self.b.t())
        return made.addmm_(x, weight), low

    def backward(self, grad: Tensor, low: Tensor | None, wanted: bool = True) -> tuple[Tensor | None, LowGrads | None]:
        """Return the gradient of the input (where it is ``wanted``), and what `collect` needs of the adapters."""
        if self.a is None:
            return (grad @ self.weight() if wanted else None), None
        low_grad = grad @ self.b
        made = (low_grad @ self.a).addmm_(grad, self.weight()) if wanted else None
        return made, LowGrads(low_grad, grad.t() @ low)

    def collect(self, x: Tensor, of: LowGrads | None) -> list[Tensor]:
        """Return each A's and B's gradient, as views of the joined ones; those of A still lack their factor."""
        if of is None:
            return []
        grad_a = of.low.t() @ x
        return [one for part in self.parts for one in (grad_a[part.ranks], of.b[part.rows, part.ranks])]


def _absmax(state: Any) -> Tensor:
    """Return a four-bit weight's scales in float32, whether or not they were quantised themselves."""
    from bitsandbytes import functional

    if not state.nested:
        return state.absmax.float().flatten()
    return (functional.dequantize_blockwise(state.absmax, state.state2) + state.offset).float().flatten()


def _share(absmax: Tensor, states: list[Any]) -> None:
    """Let four-bit weights' own scales be views of the joined ones, where they are the same numbers."""
    if any(state.nested or state.absmax.dtype != absmax.dtype for state in states):
        return
    for state, part in zip(states, absmax.split([state.absmax.numel() for state in states]), strict=True):
        state.absmax = part.view(state.absmax.shape)


def _parts(modules: list[nn.Module], sizes: list[int]) -> list[Part]:
    parts, row, rank = [], 0, 0
    for module, size in zip(modules, sizes, strict=True):
        if ADAPTER in getattr(module, "lora_A", {}):
            a, b = module.lora_A[ADAPTER].weight, module.lora_B[ADAPTER].weight
            ranks = slice(rank, rank + a.shape[0])
            parts.append(Part(a, b, module.scaling[ADAPTER], slice(row, row + size), ranks))
            rank = ranks.stop
        row += size
    return parts


def joined(modules: list[nn.Module], scratch: Scratch, dtype: Any) -> Group:
    """Join projections that read the same input; their own weights become views of the joined ones."""
    import torch

    bases = [getattr(module, "base_layer", module) for module in modules]
    out = [base.out_features for base in bases]
    bias = None if bases[0].bias is None else torch.cat([base.bias.detach() for base in bases]).to(dtype)
    group = Group(out, bases[0].in_features, _parts(modules, out), bias, dtype, scratch)
    weights = [base.weight for base in bases]
    if group.parts:
        group.a = torch.zeros(group.parts[-1].ranks.stop, group.width, dtype=dtype, device=weights[0].device)
        group.b = torch.zeros(sum(out), len(group.a), dtype=dtype, device=weights[0].device)
    state = getattr(weights[0], "quant_state", None)
    flat = [weight.data if state is None else weight.data.reshape(-1) for weight in weights]
    one = flat[0] if len(flat) == 1 else torch.cat(flat)
    for weight, part in zip(weights, one.split([len(part) for part in flat]), strict=True):
        weight.data = part.view(weight.data.shape)
    if state is None:
        group.dense = one
    else:
        absmax = torch.cat([_absmax(weight.quant_state) for weight in weights])
        _share(absmax, [weight.quant_state for weight in weights])
        group.four_bit = FourBit(one, absmax, state.code.float(), state.quant_type, state.blocksize)
    return group


class Adapters:
    """All adapters of a model: copied into the joined matrices before a pass, their gradients taken out after it."""

    def __init__(self, groups: list[Group]) -> None:
        parts = [(group, part) for group in groups for part in group.parts]
        self.parameters = [tensor for group in groups for tensor in group.parameters()]
        self.places = [view for group, part in parts for view in (group.a[part.ranks], group.b[part.rows, part.ranks])]
        self.a_places, self.factors = self.places[::2], [part.scaling for _, part in parts]

    def refresh(self) -> None:
        """Copy the parameters into the joined matrices, every A times its factor."""
        import torch

        if self.places:
            with torch.no_grad():
                torch._foreach_copy_(self.places, self.parameters)
                torch._foreach_mul_(self.a_places, self.factors)

    def gradients(self, views: list[Tensor]) -> list[Tensor]:
        """Return gradients in the parameters' types from those that the groups' `collect` returned, in their order."""
        import torch

        grads = [torch.empty_like(parameter) for parameter in self.parameters]
        if grads:
            torch._foreach_copy_(grads, views)
            torch._foreach_mul_(grads[::2], self.factors)
        return grads
