"""Answer many prompts at once without padding: prompts packed one after another, then all answers token by token.

Reads a model in memory; writes nothing. One load answers with the adapter and without it. Every prompt has a slot: a
stretch of the key and value cache as long as the prompt and its answer can get. Prompts come longest first, so that
whoever waits fits into any slot that becomes free, and answers that end early make room at once. On a GPU the steps of
a token are one CUDA graph. Greedy only; see `answering.padded` for everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kotune.answering.graphed import recorded
from kotune.answering.order import Order
from kotune.answering.side_by_side import Made, SideBySide
from kotune.answering.slots import SLOTS, Limits, Slots, slots_for
from kotune.layers import passes, steps
from kotune.layers.attention import Packed as Rows
from kotune.layers.attention import kernel_for
from kotune.layers.fused import FusedModel, Layer
from kotune.models.loading import Loaded

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

LOOK = 8  # tokens between two looks at who has finished: each look makes the GPU wait for its host
ON_CPU = 2.0 * passes.GIB  # the memory that caches may count on where there is no GPU
SHARE = 0.9  # of the free memory that caches may take


def _look_back(
    q: Tensor, keys: Tensor, values: Tensor, starts: Tensor, used: Tensor, longest: int, kernel: str
) -> Tensor:
    """Attend from one query a slot (slots, heads, width) to the ``used`` tokens of each slot's cache."""
    import torch

    scale = q.shape[-1] ** -0.5
    if kernel != "rows":
        each = torch.arange(len(q) + 1, dtype=torch.int32, device=q.device)
        return torch.ops.aten._flash_attention_forward(
            q, keys, values, each, starts, 1, longest, 0.0, False, False, scale=scale, seqused_k=used
        )[0]
    outs = []
    for one, start, count in zip(q, starts.tolist(), used.tolist(), strict=False):
        k, v = (cache[start : start + count].transpose(0, 1)[None] for cache in (keys, values))
        made = torch.nn.functional.scaled_dot_product_attention(one[None, :, None], k, v, scale=scale, enable_gqa=True)
        outs.append(made[0, :, 0])
    return torch.stack(outs)


class Decoder:
    """Answers prompts through the fused layers; ``adapter`` off answers as the base does."""

    def __init__(self, model: FusedModel, limits: Limits) -> None:
        self.model, self.limits = model, limits
        self.kernel = kernel_for(model.head.device, model.dtype, model.width, model.window)
        self.model.adapters.refresh()

    def _norm(self, x: Tensor) -> Tensor:
        return steps.norm(x, self.model.body.norm.weight, self.model.eps)[0]

    def _choose(self, x: Tensor) -> Tensor:
        """Return the most likely next token of each row of hidden states."""
        return (self._norm(x) @ self.model.head.t()).argmax(-1)

    def read(self, prompts: Sequence[Sequence[int]], where: list[int], slots: Slots, adapter: bool) -> None:
        """Read prompts into their slots and take up the first token of each answer."""
        import torch

        model, device = self.model, self.model.head.device
        lengths = [len(prompt) for prompt in prompts]
        starts = torch.tensor([0, *lengths]).cumsum(0)
        ids = torch.tensor([token for prompt in prompts for token in prompt]).to(device)
        positions = torch.cat([torch.arange(length) for length in lengths]).to(device)
        chosen = torch.tensor(where).to(device)
        lasts = (starts[1:] - 1).to(device)
        places = slots.begins[chosen].repeat_interleave(torch.tensor(lengths).to(device)) + positions
        attention = model.attention_of(Rows(starts.to(torch.int32).to(device), max(lengths), tuple(lengths)), len(ids))
        angles = model.angles(positions)
        x = model.embed(ids)
        for layer, (keys, values) in zip(model.layers, slots.caches, strict=True):
            joint = model.to_heads(x, layer, angles, adapter).made
            _, k, v = joint.split([model.heads, model.kv_heads, model.kv_heads], dim=1)
            keys.index_copy_(0, places, k)
            values.index_copy_(0, places, v)
            flat = attention.forward(joint)[0].view(len(x), -1)
            if layer is model.layers[-1]:
                flat, x = flat[lasts], x[lasts]
            x = self._think(layer.o.forward(flat, x, adapter)[0], layer, adapter)
        slots.cached[chosen] = torch.tensor(lengths).to(device)
        slots.counts[chosen] = 0
        slots.stopped[chosen] = False
        slots.take(self._choose(x), chosen)

    def _think(self, x: Tensor, layer: Layer, adapter: bool) -> Tensor:
        gate_up = self.model.to_gate_up(x, layer, adapter).made
        return layer.down.forward(steps.swiglu(gate_up), x, adapter)[0]

    def step(self, slots: Slots, adapter: bool) -> None:
        """Make one more token in every slot; those that are not active do the work in vain."""
        import torch

        model = self.model
        angles = slots.cosines[slots.cached], slots.sines[slots.cached]
        places, used = slots.begins + slots.cached, (slots.cached + 1).to(torch.int32)
        x = model.embed(slots.tokens)
        for layer, (keys, values) in zip(model.layers, slots.caches, strict=True):
            joint = model.to_heads(x, layer, angles, adapter).made
            q, k, v = joint.split([model.heads, model.kv_heads, model.kv_heads], dim=1)
            keys.index_copy_(0, places, k)
            values.index_copy_(0, places, v)
            out = _look_back(q, keys, values, slots.starts, used, slots.longest, self.kernel)
            x = self._think(layer.o.forward(out.reshape(len(x), -1), x, adapter)[0], layer, adapter)
        slots.cached.add_(slots.active)
        slots.take(self._choose(x))

    def _stepper(self, slots: Slots, adapter: bool) -> Callable[[], object]:
        """Return what makes one more token: a CUDA graph of `step`, or on a CPU the step itself."""
        if not slots.tokens.is_cuda:
            return lambda: self.step(slots, adapter)
        state = (slots.tokens, slots.cached, slots.counts, slots.active, slots.stopped, slots.made)
        kept = [one.clone() for one in state]
        replay = recorded(lambda: self.step(slots, adapter))
        for now, before in zip(state, kept, strict=True):
            now.copy_(before)
        return replay

    def answer(self, prompts: Sequence[Sequence[int]], adapter: bool = True) -> Iterator[Made]:
        """Yield each prompt's answer as soon as it is finished; their order is that of their ends."""
        import torch

        if not prompts:
            return
        with torch.inference_mode(False), torch.no_grad():
            yield from self._answer(prompts, adapter)

    def _answer(self, prompts: Sequence[Sequence[int]], adapter: bool) -> Iterator[Made]:
        waiting = sorted(range(len(prompts)), key=lambda place: -len(prompts[place]))
        capacities = [len(prompts[place]) + self.limits.max_new_tokens for place in waiting[: self.limits.slots]]
        slots = Slots(self.model, capacities, self.limits)
        owners: list[int | None] = [None] * len(capacities)
        stepper: Callable[[], object] | None = None
        while waiting or any(owner is not None for owner in owners):
            self._fill(prompts, waiting, owners, slots, adapter)
            stepper = stepper or self._stepper(slots, adapter)
            for _ in range(min(LOOK, self.limits.max_new_tokens)):
                stepper()
            yield from self._harvest(owners, slots)

    def _fill(
        self,
        prompts: Sequence[Sequence[int]],
        waiting: list[int],
        owners: list[int | None],
        slots: Slots,
        adapter: bool,
    ) -> None:
        """Read waiting prompts into free slots, as many at a time as a pass holds."""
        free = [slot for slot, owner in enumerate(owners) if owner is None]
        while waiting and free:
            group: list[int] = []
            where: list[int] = []
            tokens = 0
            while waiting and free and (not group or tokens + len(prompts[waiting[0]]) <= self.limits.tokens_a_pass):
                place, slot = waiting.pop(0), free.pop(0)
                owners[slot] = place
                group.append(place)
                where.append(slot)
                tokens += len(prompts[place])
            self.read([prompts[place] for place in group], where, slots, adapter)

    def _harvest(self, owners: list[int | None], slots: Slots) -> Iterator[Made]:
        """Yield the answers that have ended and free their slots."""
        active, stopped, counts, made = (
            one.tolist() for one in (slots.active, slots.stopped, slots.counts, slots.made)
        )
        for slot, owner in enumerate(owners):
            if owner is not None and not active[slot]:
                owners[slot] = None
                yield Made(owner, made[slot][: counts[slot]], stopped[slot])


def decoder_for(model: Any, lengths: Sequence[int], max_new_tokens: int, stop: Sequence[int]) -> Decoder:
    """Return the decoder around a loaded model, as wide as its memory allows; ``lengths``: of the prompts, in tokens.

    Four-bit weights are unpacked once where they take less than half of what is free: the same values, read faster.
    """
    fused = FusedModel(model)
    free = passes.free_gpu_bytes() if fused.head.is_cuda else ON_CPU
    dense = sum(2 * sum(group.out) * group.width for layer in fused.layers for group in layer.groups if group.four_bit)
    if dense and dense < free / 2:
        fused.unpack()
        free -= dense
    tokens = min(passes.MOST, max([sum(lengths), 1]))
    free -= tokens * 2 * (4 * fused.config.intermediate_size + 4 * fused.config.hidden_size)
    slots = slots_for(fused, lengths, max_new_tokens, free * SHARE) if lengths else SLOTS
    return Decoder(fused, Limits(stop, max_new_tokens, slots, tokens))


class Packed(SideBySide):
    """The engine around a loaded model."""

    name = "packed"

    def __init__(self, order: Order, tokenizer: PreTrainedTokenizerBase, stop: list[int], loaded: Loaded) -> None:
        super().__init__(order, tokenizer)
        self.model, self.notes, self.stop = loaded.model, loaded.notes, stop

    def made(self, prompts: list[Sequence[int]], limit: int) -> Iterator[Made]:
        """Yield each prompt's answer."""
        decoder = decoder_for(self.model, [len(prompt) for prompt in prompts], limit, self.stop)
        return decoder.answer(prompts, adapter=self.order.adapter is not None)
