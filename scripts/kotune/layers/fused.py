"""A decoder of the Llama kind with LoRA, written so that a GPU's time goes into matrix products and little else.

Reads a peft model in memory; writes nothing. The model, its adapter and its numbers stay transformers' and peft's own:
this is another way through the same parameters. What makes it fast:

- rows are packed one after another, and attention knows where each begins (`layers.attention`);
- projections that read the same input are one product (`layers.weights`), and a LoRA's share is added inside it;
- the backward pass keeps what is expensive to recompute, recomputes what is cheap (norms, SwiGLU), and works in place;
- after the last attention, only positions with a loss are computed: no other output is used;
- the whole model is one step of autograd, so that a slow processor can keep a fast GPU busy.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune.core.storage import Json
from kotune.layers import steps
from kotune.layers.attention import Attention, Packed
from kotune.layers.offloading import Shelf
from kotune.layers.weights import Adapters, Group, Scratch, joined

if TYPE_CHECKING:
    from torch import Tensor, nn

ARCHITECTURES = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM")
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
CHUNK = 128  # positions whose logits are there at once: 130 MB for a vocabulary of 128,000


@dataclass(frozen=True)
class Layer:
    """One decoder layer: its two norms and its four joined groups of projections."""

    attention_norm: Tensor
    qkv: Group
    o: Group
    mlp_norm: Tensor
    gate_up: Group
    down: Group

    @property
    def groups(self) -> tuple[Group, ...]:
        return self.qkv, self.o, self.gate_up, self.down


@dataclass(frozen=True)
class Batch:
    """A packed pass: ids, positions, labels (tokens), -100 where nothing is learned, and where rows begin."""

    ids: Tensor
    positions: Tensor
    labels: Tensor
    packed: Packed


@dataclass(frozen=True)
class Room:
    """What memory allows: in how many layers everything is kept for the way back (None: in all), whether the inputs of
    the others go to the host's memory, how many tokens go through an MLP at a time (None: all), and how many bytes
    attention's way back may take beside its results (None: as many as the fastest kernel wants)."""

    kept_layers: int | None = None
    offload: bool = False
    chunk: int | None = None
    workspace: int | None = None


def refusal(config: Any, lora: Json | None = None) -> str | None:
    """Return why a model, with the adapter of a recipe's `lora`, cannot go through these layers; None where it can."""
    architecture = (config.architectures or ["?"])[0]
    if architecture not in ARCHITECTURES:
        return f"{architecture} is not one of {', '.join(ARCHITECTURES)}"
    if config.hidden_act != "silu" or getattr(config, "mlp_bias", False):
        return "its MLP is not a SwiGLU without biases"
    if lora is None:
        return None
    if lora.get("lora_dropout") or lora.get("use_dora") or lora.get("bias", "none") != "none":
        return "its adapter has dropout, DoRA or biases"
    targets = lora.get("target_modules") or []
    strange = sorted({targets} if isinstance(targets, str) else set(targets) - set(PROJECTIONS))
    return f"its adapter also tunes {', '.join(strange)}" if strange else None


class FusedModel:
    """The way through a model, with or without an adapter; `loss` is for training, the rest for whoever needs it."""

    def __init__(self, model: Any) -> None:
        base = model.get_base_model() if hasattr(model, "get_base_model") else model
        config = self.config = base.config
        self.body = base.model
        self.head = base.get_output_embeddings().weight
        self.embed = base.get_input_embeddings()
        self.dtype = self.head.dtype
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.width = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.eps = config.rms_norm_eps
        windowed = getattr(config, "use_sliding_window", True)  # Qwen2 names a window and leaves it unused
        self.window = getattr(config, "sliding_window", None) if windowed else None
        self.scratch = Scratch()
        self.layers = [self._layer(layer) for layer in self.body.layers]
        self.adapters = Adapters([group for layer in self.layers for group in layer.groups])
        self._function: Any = None
        self.unsettled = len(self.layers) - 2  # kernels are compiled on the first way back through the last two layers

    def _layer(self, layer: nn.Module) -> Layer:
        attn, mlp = layer.self_attn, layer.mlp

        def group(*modules: nn.Module) -> Group:
            return joined(list(modules), self.scratch, self.dtype)

        return Layer(
            attention_norm=layer.input_layernorm.weight,
            qkv=group(attn.q_proj, attn.k_proj, attn.v_proj),
            o=group(attn.o_proj),
            mlp_norm=layer.post_attention_layernorm.weight,
            gate_up=group(mlp.gate_proj, mlp.up_proj),
            down=group(mlp.down_proj),
        )

    def unpack(self) -> None:
        """Keep every four-bit weight in 16 bits from here on (`Group.unpack`)."""
        for layer in self.layers:
            for group in layer.groups:
                group.unpack()
        self.scratch.buffer = None

    def angles(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Return cosines and sines (tokens, width / 2) of positions (tokens)."""
        cos, sin = self.body.rotary_emb(self.head[:1, None], positions[None])
        half = self.width // 2
        return cos[0, :, :half].contiguous(), sin[0, :, :half].contiguous()

    def attention_of(self, packed: Packed, tokens: int, workspace: int | None = None) -> Attention:
        """Return the attention of a pass."""
        like = self.head.new_empty(()).expand(tokens, 1, self.width)
        return Attention(packed, like, self.heads, self.kv_heads, self.window, workspace=workspace)

    def to_heads(self, x: Tensor, layer: Layer, angles: tuple[Tensor, Tensor], adapter: bool = True) -> Any:
        """Return the joint heads (tokens, heads + 2 kv heads, width) with positions, low, and the norm's inverse."""
        normed, inverse = steps.norm(x, layer.attention_norm, self.eps)
        made, low = layer.qkv.forward(normed, adapter=adapter)
        joint = made.view(len(x), -1, self.width)
        steps.rotate(joint[:, : self.heads + self.kv_heads], *angles)
        return joint, low, inverse

    def to_gate_up(self, x: Tensor, layer: Layer, adapter: bool = True) -> Any:
        """Return gate | up (tokens, 2 · inner), low, and the norm's inverse."""
        normed, inverse = steps.norm(x, layer.mlp_norm, self.eps)
        made, low = layer.gate_up.forward(normed, adapter=adapter)
        return made, low, inverse

    def loss(self, batch: Batch, room: Room | None = None) -> Tensor:
        """Return the summed loss of a pass over all its learned positions; its gradients are the adapters'.

        Where gradients are switched off, nothing is kept for them.
        """
        import torch

        if self._function is None:
            self._function = _function()
        learn = torch.is_grad_enabled()
        return self._function.apply(self, batch, room or Room(), learn, *self.adapters.parameters)


@dataclass
class _Pass:
    """What the layers of one pass share."""

    model: FusedModel
    angles: tuple[Tensor, Tensor]
    attention: Attention
    chosen: Tensor
    chunk: int
    shelf: Shelf

    def attend(self, x: Tensor, layer: Layer, rows: Tensor | None, keep: bool) -> tuple[Tensor, Any]:
        """Return x + o(attention(x)), of all tokens or of chosen ones, and what the way back needs."""
        joint, low, inverse = self.model.to_heads(x, layer, self.angles)
        out, saved = self.attention.forward(joint)
        flat = out.view(len(x), -1)
        made, out_low = layer.o.forward(*((flat, x) if rows is None else (flat[rows], x[rows])))
        return made, ((x, joint, low, inverse, out, saved) if keep else self.shelf.put(x), out_low)

    def attend_back(self, grad: Tensor, layer: Layer, rows: Tensor | None, kept: Any, first: bool) -> Any:
        """Return the gradient of x (none before the first layer) and the adapters' gradients."""
        import torch

        kept, out_low = kept
        if isinstance(kept, tuple):
            x, joint, low, inverse, out, saved = kept
        else:
            x = self.shelf.take(kept, grad.device)
            joint, low, inverse = self.model.to_heads(x, layer, self.angles)
            out, saved = self.attention.forward(joint)
        flat = out.view(len(x), -1)
        grad_flat, of = layer.o.backward(grad, out_low)
        o_grads = layer.o.collect(flat if rows is None else flat[rows], of)
        if rows is not None:
            grad = torch.zeros_like(x).index_copy_(0, rows, grad)
            grad_flat = torch.zeros_like(flat).index_copy_(0, rows, grad_flat)
        grad_joint = self.attention.backward(grad_flat.view_as(out), joint, out, saved)
        turned = self.model.heads + self.model.kv_heads
        steps.rotate(grad_joint[:, :turned], *self.angles, -1.0)
        grad_normed, of = layer.qkv.backward(grad_joint.view(len(x), -1), low, wanted=not first)
        grads = layer.qkv.collect(steps.renorm(x, layer.attention_norm, inverse), of)
        if not first:
            grad = steps.norm_backward(grad_normed, x, layer.attention_norm, inverse, grad)
        return grad, grads + o_grads

    def think(self, x: Tensor, layer: Layer, keep: bool) -> tuple[Tensor, Any]:
        """Return x + mlp(x), in chunks of tokens, and what the way back needs."""
        import torch

        kept, down_lows = [], []
        whole = torch.empty_like(x) if len(x) > self.chunk else None
        for start in range(0, max(len(x), 1), self.chunk):
            part = x[start : start + self.chunk]
            gate_up, low, inverse = self.model.to_gate_up(part, layer)
            made, down_low = layer.down.forward(steps.swiglu(gate_up), part)
            down_lows.append(down_low)
            if keep:
                kept.append((gate_up, low, inverse))
            if whole is not None:
                whole[start : start + self.chunk] = made
        where = x if keep else self.shelf.put(x)
        return made if whole is None else whole, (where, kept, down_lows)

    def think_back(self, grad: Tensor, layer: Layer, of: Any) -> Any:
        """Return the gradient of x, in grad's own memory where it comes in chunks, and the adapters' gradients."""
        where, kept, down_lows = of
        whole = self.shelf.take(where, grad.device) if isinstance(where, int) else where
        total: list[Tensor] = []
        many = len(grad) > self.chunk
        for place, (part, x) in enumerate(zip(grad.split(self.chunk), whole.split(self.chunk), strict=True)):
            gate_up, low, inverse = kept[place] if kept else self.model.to_gate_up(x, layer)
            inner, down = layer.down.backward(part, down_lows[place])
            steps.swiglu_backward(gate_up, inner)  # gate_up: its gradient; inner: what went into `down`
            down_grads = layer.down.collect(inner, down)
            del inner
            grad_normed, gate_up_of = layer.gate_up.backward(gate_up, low)
            grads = layer.gate_up.collect(steps.renorm(x, layer.mlp_norm, inverse), gate_up_of) + down_grads
            grad_x = steps.norm_backward(grad_normed, x, layer.mlp_norm, inverse, part)
            if many:
                part.copy_(grad_x)  # a view of grad: that chunk was its only reader
            total = [one + other for one, other in zip(total, grads, strict=True)] if total else grads
        return grad if many else grad_x, total


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


def _passed(model: FusedModel, batch: Batch, room: Room, learn: bool) -> tuple[Tensor, list[Tensor]]:
    """Return the summed loss of a pass and, where it is to learn, the gradient of each adapter parameter."""
    model.adapters.refresh()
    tokens = len(batch.ids)
    chosen = (batch.labels[1:] != -100).nonzero()[:, 0]
    attention = model.attention_of(batch.packed, tokens, room.workspace if learn else None)
    angles, chunk = model.angles(batch.positions), room.chunk or max(tokens, 1)
    at = _Pass(model, angles, attention, chosen, chunk, Shelf(room.offload and learn))
    x = model.embed(batch.ids)
    last = len(model.layers) - 1
    kept_from = 0 if room.kept_layers is None else last + 1 - room.kept_layers
    kept: list[Any] = []
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


def _gradients(at: _Pass, grad: Tensor, kept: list[Any]) -> list[Tensor]:
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


def _function() -> Any:
    import torch

    class Loss(torch.autograd.Function):
        """The whole model as one step of autograd.

        The gradients are made along with the loss, whose factor only scales them: a pass that memory cannot hold can
        so be tried again with less kept (`ways.FusedLoss`).
        """

        @staticmethod
        @torch.autocast("cuda", enabled=False)
        def forward(ctx: Any, model: FusedModel, batch: Batch, room: Room, learn: bool, *parameters: Tensor) -> Tensor:
            total, ctx.grads = _passed(model, batch, room, learn)
            return total

        @staticmethod
        def backward(ctx: Any, above: Tensor) -> Any:
            grads, ctx.grads = ctx.grads, None
            if grads:
                torch._foreach_mul_(grads, above.to(grads[0].dtype))
            return None, None, None, None, *grads

    return Loss
