"""One pass through the fused layers: the summed loss of its learned positions, and with it the adapters' gradients.

Takes a model in memory; reads and writes nothing. What the way back needs of each layer is kept, or made again from the
layer's two inputs, which lie on a shelf (`layers.offloading`).
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.layers import steps
from kotune.layers.offloading import Shelf

if TYPE_CHECKING:
    from torch import Tensor

    from kotune.layers.attention import Attention
    from kotune.layers.fused import Batch, FusedModel, Layer, Projected, Room

CHUNK = 128  # positions whose logits are there at once: 130 MB for a vocabulary of 128,000


@dataclass(frozen=True)
class KeptAttention:
    """What the way back needs of an attention: its input, or where that lies on the shelf; low of its last projection.

    ``heads``, ``out`` and ``saved``: what came of it; None where it is made again.
    """

    x: Tensor | int
    out_low: Tensor | None
    heads: Projected | None = None
    out: Tensor | None = None
    saved: object = None


@dataclass(frozen=True)
class KeptMlp:
    """What the way back needs of an MLP: its input, or where that lies on the shelf; low of `down`, chunk by chunk.

    ``chunks``: gate | up of each chunk of tokens; none where they are made again.
    """

    x: Tensor | int
    chunks: list[Projected]
    down_lows: list[Tensor | None]


@dataclass
class Pass:
    """What the layers of one pass share. ``chosen``: the positions that carry a loss."""

    model: FusedModel
    angles: tuple[Tensor, Tensor]
    attention: Attention
    chosen: Tensor
    chunk: int
    shelf: Shelf

    def attend(self, x: Tensor, layer: Layer, rows: Tensor | None, keep: bool) -> tuple[Tensor, KeptAttention]:
        """Return x + o(attention(x)), of all tokens or of chosen ones, and what the way back needs."""
        heads = self.model.to_heads(x, layer, self.angles)
        out, saved = self.attention.forward(heads.made)
        flat = out.view(len(x), -1)
        made, out_low = layer.o.forward(*((flat, x) if rows is None else (flat[rows], x[rows])))
        if keep:
            return made, KeptAttention(x, out_low, heads, out, saved)
        return made, KeptAttention(self.shelf.put(x), out_low)

    def attend_back(
        self, grad: Tensor, layer: Layer, rows: Tensor | None, kept: KeptAttention, first: bool
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the gradient of x (none before the first layer) and the adapters' gradients."""
        import torch

        x = self._taken(kept.x, grad)
        heads, out, saved = kept.heads, kept.out, kept.saved
        if heads is None or out is None:
            heads = self.model.to_heads(x, layer, self.angles)
            out, saved = self.attention.forward(heads.made)
        flat = out.view(len(x), -1)
        grad_flat, of = layer.o.backward(grad, kept.out_low)
        o_grads = layer.o.collect(flat if rows is None else flat[rows], of)
        if rows is not None:
            grad = torch.zeros_like(x).index_copy_(0, rows, grad)
            grad_flat = torch.zeros_like(flat).index_copy_(0, rows, grad_flat)
        grad_joint = self.attention.backward(grad_flat.view_as(out), heads.made, out, saved)
        turned = self.model.heads + self.model.kv_heads
        steps.rotate(grad_joint[:, :turned], *self.angles, -1.0)
        grad_normed, of = layer.qkv.backward(grad_joint.view(len(x), -1), heads.low, wanted=not first)
        grads = layer.qkv.collect(steps.renorm(x, layer.attention_norm, heads.inverse), of)
        if not first:
            grad = steps.norm_backward(grad_normed, x, layer.attention_norm, heads.inverse, grad)
        return grad, grads + o_grads

    def think(self, x: Tensor, layer: Layer, keep: bool) -> tuple[Tensor, KeptMlp]:
        """Return x + mlp(x), in chunks of tokens, and what the way back needs."""
        import torch

        chunks: list[Projected] = []
        down_lows: list[Tensor | None] = []
        whole = torch.empty_like(x) if len(x) > self.chunk else None
        for start in range(0, max(len(x), 1), self.chunk):
            part = x[start : start + self.chunk]
            gate_up = self.model.to_gate_up(part, layer)
            made, down_low = layer.down.forward(steps.swiglu(gate_up.made), part)
            down_lows.append(down_low)
            if keep:
                chunks.append(gate_up)
            if whole is not None:
                whole[start : start + self.chunk] = made
        return made if whole is None else whole, KeptMlp(x if keep else self.shelf.put(x), chunks, down_lows)

    def think_back(self, grad: Tensor, layer: Layer, kept: KeptMlp) -> tuple[Tensor, list[Tensor]]:
        """Return the gradient of x, in grad's own memory where it comes in chunks, and the adapters' gradients."""
        whole = self._taken(kept.x, grad)
        total: list[Tensor] = []
        many = len(grad) > self.chunk
        for place, (part, x) in enumerate(zip(grad.split(self.chunk), whole.split(self.chunk), strict=True)):
            gate_up = kept.chunks[place] if kept.chunks else self.model.to_gate_up(x, layer)
            inner, down = layer.down.backward(part, kept.down_lows[place])
            steps.swiglu_backward(gate_up.made, inner)  # gate_up: its gradient; inner: what went into `down`
            down_grads = layer.down.collect(inner, down)
            del inner
            grad_normed, of = layer.gate_up.backward(gate_up.made, gate_up.low)
            grads = layer.gate_up.collect(steps.renorm(x, layer.mlp_norm, gate_up.inverse), of) + down_grads
            grad_x = steps.norm_backward(grad_normed, x, layer.mlp_norm, gate_up.inverse, part)
            if many:
                part.copy_(grad_x)  # a view of grad: that chunk was its only reader
            total = [one + other for one, other in zip(total, grads, strict=True)] if total else grads
        return grad if many else grad_x, total

    def _taken(self, where: Tensor | int, like: Tensor) -> Tensor:
        return self.shelf.take(where, like.device) if isinstance(where, int) else where


def _loss_of(hidden: Tensor, head: Tensor, targets: Tensor, learn: bool) -> tuple[Tensor, Tensor | None]:
    """Return the summed cross entropy and the gradient of hidden (positions, width), logits a chunk at a time."""
    import torch

    grad = torch.empty_like(hidden) if learn else None
    total = torch.zeros((), dtype=torch.float32, device=hidden.device)
    for start in range(0, len(hidden), CHUNK):
        place = slice(start, start + CHUNK)
        logits = (hidden[place] @ head.t()).float()
        aims = targets[place, None]
        total += (logits.logsumexp(-1, keepdim=True) - logits.gather(-1, aims)).sum()
        if grad is None:
            continue
        slopes = logits.softmax(-1)
        del logits
        slopes.scatter_add_(-1, aims, torch.full_like(aims, -1, dtype=slopes.dtype))
        torch.matmul(slopes.to(hidden.dtype), head, out=grad[place])
    return total, grad


def passed(model: FusedModel, batch: Batch, room: Room, learn: bool) -> tuple[Tensor, list[Tensor]]:
    """Return the summed loss of a pass and, where it is to learn, the gradient of each adapter parameter."""
    model.adapters.refresh()
    tokens = len(batch.ids)
    chosen = (batch.labels[1:] != -100).nonzero()[:, 0]
    attention = model.attention_of(batch.packed, tokens, room.workspace if learn else None)
    angles, chunk = model.angles(batch.positions), room.chunk or max(tokens, 1)
    at = Pass(model, angles, attention, chosen, chunk, Shelf(room.offload and learn))
    x = model.embed(batch.ids)
    last = len(model.layers) - 1
    kept_from = 0 if room.kept_layers is None else last + 1 - room.kept_layers
    kept: list[tuple[KeptAttention, KeptMlp]] = []
    for number, layer in enumerate(model.layers):
        rows = chosen if number == last else None
        keep = learn and number >= kept_from
        x, of_attention = at.attend(x, layer, rows, keep)
        x, of_mlp = at.think(x, layer, keep)
        if learn:
            kept.append((of_attention, of_mlp))
        else:
            at.shelf.clear()
    weight = model.body.norm.weight
    hidden, inverse = steps.norm(x, weight, model.eps)
    total, grad = _loss_of(hidden, model.head, batch.labels[1:][chosen], learn)
    if grad is None:
        return total, []
    import torch

    grad = steps.norm_backward(grad, x, weight, inverse, torch.zeros_like(x))
    del x, hidden
    return total, _gradients(at, grad, kept)


def _gradients(at: Pass, grad: Tensor, kept: list[tuple[KeptAttention, KeptMlp]]) -> list[Tensor]:
    """Return the gradient of each adapter parameter; what was ``kept`` of the layers is used up."""
    model = at.model
    grads: list[list[Tensor]] = []
    last = len(model.layers) - 1
    for number in range(last, -1, -1):
        layer, (of_attention, of_mlp) = model.layers[number], kept.pop()
        grad, mlp_grads = at.think_back(grad, layer, of_mlp)
        rows = at.chosen if number == last else None
        grad, attention_grads = at.attend_back(grad, layer, rows, of_attention, first=number == 0)
        del of_attention, of_mlp
        if number >= model.unsettled:  # what compilers leave behind in cycles holds a layer's tensors
            gc.collect()
        grads.append(attention_grads + mlp_grads)
    model.unsettled = last + 1
    return model.adapters.gradients([one for layer in grads[::-1] for one in layer])
