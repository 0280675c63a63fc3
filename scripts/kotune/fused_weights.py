"""Frozen weights and adapters as the fused layers multiply them: projections that read the same input are one matrix.

Reads a peft model in memory; writes nothing. Memory is not doubled: the model's own parameters become views of the
joined matrices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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

        if self.buffer is None or self.buffer.numel() < rows * columns or self.buffer.dtype != dtype:
            self.buffer = None
            self.buffer = torch.empty(rows * columns, dtype=dtype, device=like.device)
        return self.buffer[: rows * columns].view(rows, columns)


@dataclass
class Adapter:
    """One projection's LoRA: A (rank, in), B (out, rank) and the factor on their product; None where it has none."""

    a: Tensor
    b: Tensor
    scaling: float


@dataclass
class Group:
    """Projections of one input, joined: ``out`` names each one's share of the outputs, in order."""

    out: list[int]
    width: int
    adapters: list[Adapter | None]
    bias: Tensor | None
    dense: Tensor | None = None
    packed: Tensor | None = None
    absmax: Tensor | None = None
    quant_type: str = "nf4"
    blocksize: int = 64
    scratch: Scratch = field(default_factory=Scratch)

    def weight(self, dtype: Any) -> Tensor:
        """Return the joined weights (out, in); four-bit ones are unpacked into the scratch buffer, valid until the next."""
        if self.dense is not None:
            return self.dense
        from bitsandbytes import functional

        assert self.packed is not None
        matrix = self.scratch.matrix(sum(self.out), self.width, self.packed, dtype)
        return functional.dequantize_4bit(
            self.packed, absmax=self.absmax, out=matrix, blocksize=self.blocksize, quant_type=self.quant_type
        )

    def unpack(self, dtype: Any) -> None:
        """Keep the weights in 16 bits from here on: the same values, four times the memory, no unpacking."""
        if self.dense is None:
            self.dense = self.weight(dtype).clone()

    def parameters(self) -> list[Tensor]:
        """Return the adapters' tensors, A and B in turn."""
        return [tensor for adapter in self.adapters if adapter for tensor in (adapter.a, adapter.b)]

    def joined(self, tensors: list[Tensor], dtype: Any) -> tuple[Tensor, Tensor] | None:
        """Return the adapters as two matrices: every A below the other, every scaled B in its own rows and columns."""
        import torch

        if not tensors:
            return None
        a = torch.cat([one.to(dtype) for one in tensors[::2]])
        if len(self.out) == 1 and self.adapters[0] is not None:
            return a, (tensors[1] * self.adapters[0].scaling).to(dtype)
        b = a.new_zeros(sum(self.out), a.shape[0])
        for (rows, columns), adapter, one in zip(self.places(), self.used(), tensors[1::2], strict=True):
            b[rows, columns] = (one * adapter.scaling).to(dtype)
        return a, b

    def used(self) -> list[Adapter]:
        """Return the adapters that are there."""
        return [adapter for adapter in self.adapters if adapter]

    def places(self) -> list[tuple[slice, slice]]:
        """Return each adapter's rows in the outputs and its columns among all ranks."""
        places, row, rank = [], 0, 0
        for size, adapter in zip(self.out, self.adapters, strict=True):
            if adapter:
                width = adapter.a.shape[0]
                places.append((slice(row, row + size), slice(rank, rank + width)))
                rank += width
            row += size
        return places

    def gradients(self, grad_a: Tensor, grad_b: Tensor, tensors: list[Tensor]) -> list[Tensor]:
        """Return each A's and B's own gradient out of the joined ones, in the types of the tensors."""
        grads = []
        for (rows, columns), adapter, place in zip(self.places(), self.used(), range(0, len(tensors), 2), strict=True):
            grads.append(grad_a[columns].to(tensors[place].dtype))
            grads.append((grad_b[rows, columns] * adapter.scaling).to(tensors[place + 1].dtype))
        return grads


def _absmax(state: Any) -> Tensor:
    """Return a four-bit weight's scales in float32, whether or not they were quantised themselves."""
    from bitsandbytes import functional

    if not state.nested:
        return state.absmax.float().flatten()
    return (functional.dequantize_blockwise(state.absmax, state.state2) + state.offset).float().flatten()


def _adapter(module: Any) -> Adapter | None:
    if not hasattr(module, "lora_A") or ADAPTER not in module.lora_A:
        return None
    return Adapter(module.lora_A[ADAPTER].weight, module.lora_B[ADAPTER].weight, module.scaling[ADAPTER])


def joined(modules: list[nn.Module], scratch: Scratch) -> Group:
    """Join projections that read the same input; their own weights become views of the joined ones."""
    import torch

    bases = [getattr(module, "base_layer", module) for module in modules]
    biases = [base.bias for base in bases]
    bias = None if biases[0] is None else torch.cat([one.detach() for one in biases])
    group = Group(
        out=[base.out_features for base in bases],
        width=bases[0].in_features,
        adapters=[_adapter(module) for module in modules],
        bias=bias,
        scratch=scratch,
    )
    weights = [base.weight for base in bases]
    state = getattr(weights[0], "quant_state", None)
    if state is None:
        group.dense = weights[0].data if len(weights) == 1 else torch.cat([one.data for one in weights])
        for weight, part in zip(weights, group.dense.split(group.out), strict=True):
            weight.data = part
        return group
    packed = [weight.data.reshape(-1) for weight in weights]
    group.packed = packed[0] if len(packed) == 1 else torch.cat(packed)
    for weight, part in zip(weights, group.packed.split([one.numel() for one in packed]), strict=True):
        weight.data = part.view(weight.data.shape)
    group.absmax = torch.cat([_absmax(weight.quant_state) for weight in weights])
    group.quant_type, group.blocksize = state.quant_type, state.blocksize
    return group
