"""Tensors put aside between the forward and the backward pass, in the host's memory where the device's is short.

Reads and writes nothing on disk. The copies run beside the computation on a stream of their own, and each tensor is
fetched one step before it is asked for: the last one put aside is the first to be taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class Shelf:
    """A stack of tensors; ``offload`` keeps them in pinned host memory."""

    def __init__(self, offload: bool) -> None:
        self.offload = offload
        self.places: list[Tensor | None] = []
        self.fetched: dict[int, Tensor] = {}

    def put(self, tensor: Tensor) -> int:
        """Put a tensor aside; return where it lies."""
        import torch

        place = len(self.places)
        if not (self.offload and tensor.is_cuda):
            self.places.append(tensor)
            return place
        aside = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        stream = _stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            aside.copy_(tensor, non_blocking=True)
        tensor.record_stream(stream)
        self.places.append(aside)
        return place

    def _fetch(self, place: int) -> None:
        import torch

        aside = self.places[place]
        if aside is None or place in self.fetched:
            return
        stream = _stream()
        with torch.cuda.stream(stream):
            self.fetched[place] = aside.to("cuda", non_blocking=True)

    def take(self, place: int) -> Tensor:
        """Return a tensor that was put aside, for the last time, and begin to fetch the one below it."""
        import torch

        tensor = self.places[place]
        assert tensor is not None
        if self.offload and not tensor.is_cuda and torch.cuda.is_available():
            self._fetch(place)
            torch.cuda.current_stream().wait_stream(_stream())
            tensor = self.fetched.pop(place)
            tensor.record_stream(torch.cuda.current_stream())
            if place:
                self._fetch(place - 1)
        self.places[place] = None
        return tensor


_streams: list = []


def _stream():
    import torch

    if not _streams:
        _streams.append(torch.cuda.Stream())
    return _streams[0]
