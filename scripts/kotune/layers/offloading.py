"""Tensors stored between the forward and the backward pass, in the host's memory where the device's is short.

Reads and writes nothing on disk. Copies run beside the computation, on a stream of their own; what was stored last
is taken first, and the one before it is fetched meanwhile. A tensor's memory is given back in the computation's own
order, so that the allocator can use it again at once.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@functools.cache
def _stream() -> Any:
    import torch

    return torch.cuda.Stream()


class Shelf:
    """A stack of tensors; ``offload`` keeps them in pinned host memory."""

    def __init__(self, offload: bool) -> None:
        self.offload = offload
        self.places: list[Tensor | None] = []
        self.leaving: tuple[Tensor, Any] | None = None
        self.arriving: dict[int, tuple[Tensor, Any]] = {}

    def put(self, tensor: Tensor) -> int:
        """Put a tensor aside; return where it lies."""
        if self.offload and tensor.is_cuda:
            tensor = self._out(tensor)
        self.places.append(tensor)
        return len(self.places) - 1

    def _copied(self, to: Tensor, from_: Tensor) -> Any:
        """Start a copy behind everything that was computed so far; return the event of its end."""
        import torch

        stream = _stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            to.copy_(from_, non_blocking=True)
            return stream.record_event()

    def _out(self, tensor: Tensor) -> Tensor:
        import torch

        self.settle()
        aside = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        self.leaving = (tensor, self._copied(aside, tensor))
        return aside

    def clear(self) -> None:
        """Forget everything: nothing will be taken."""
        self.settle()
        self.places.clear()

    def settle(self) -> None:
        """Let go of the tensor that was copied out last; the computation waits for that copy, long over by then."""
        import torch

        if self.leaving:
            torch.cuda.current_stream().wait_event(self.leaving[1])
            self.leaving = None

    def _fetch(self, place: int, device: Any) -> None:
        import torch

        aside = self.places[place] if place >= 0 else None
        if aside is not None and place not in self.arriving:
            tensor = torch.empty(aside.shape, dtype=aside.dtype, device=device)
            self.arriving[place] = tensor, self._copied(tensor, aside)

    def take(self, place: int, device: Any) -> Tensor:
        """Return a tensor that was put aside, for the last time, and begin to fetch the one below it."""
        import torch

        tensor = self.places[place]
        assert tensor is not None
        if tensor.device != device:
            self.settle()
            self._fetch(place, device)
            tensor, event = self.arriving.pop(place)
            torch.cuda.current_stream().wait_event(event)
            self._fetch(place - 1, device)
        self.places[place] = None
        return tensor
