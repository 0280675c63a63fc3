"""A decoder of the Llama kind with LoRA, written so that a GPU's time goes into matrix products and little else.

Reads a peft model in memory; writes nothing. The model, its adapter and its numbers stay transformers' and peft's own:
this is another way through the same parameters. What makes it fast:

- rows lie packed behind one another, and attention knows where each begins (`varlen_attention`);
- projections that read the same input are one product (`fused_weights`);
- a LoRA's share is added inside the products: it is written first, and the big product adds onto it;
- each block has its own backward pass, which keeps what is dear to make again and makes again what is cheap (norms,
  SwiGLU), and works in place;
- behind the last attention only the positions that carry a loss go on: to no other does anybody listen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune import fused_math
from kotune import varlen_attention as attention
from kotune.fused_weights import Group, Scratch, joined
from kotune.offloading import Shelf

if TYPE_CHECKING:
    from torch import Tensor, nn

ARCHITECTURES = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM")
CHUNK = 512  # positions whose logits are there at once: 250 MB in float32 at a vocabulary of 128,000


@dataclass
class Layer:
    """One decoder layer: its two norms and its four joined groups of projections."""

    attention_norm: Tensor
    qkv: Group
    o: Group
    mlp_norm: Tensor
    gate_up: Group
    down: Group


@dataclass
class Pass:
    """What all layers of one pass share: row boundaries, angles of the positions, and what may be kept."""

    packed: attention.Packed
    cos: Tensor
    sin: Tensor
    kernel: str
    window: int | None
    keep: bool
    shelf: Shelf
    chunk: int


@dataclass
class Shape:
    """The numbers of a model that its layers share."""

    heads: int
    kv_heads: int
    width: int
    eps: float
    scale: float


def refusal(config: Any, lora: Any) -> str | None:
    """Return why a model with this adapter cannot go through these layers, or None where it can."""
    architecture = (config.architectures or ["?"])[0]
    if architecture not in ARCHITECTURES:
        return f"{architecture} is not one of {', '.join(ARCHITECTURES)}"
    if config.hidden_act != "silu" or getattr(config, "mlp_bias", False):
        return "its MLP is not a SwiGLU without biases"
    if lora.lora_dropout or lora.use_dora or lora.bias != "none" or lora.modules_to_save:
        return "its adapter has dropout, DoRA, biases or whole modules"
    known = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    targets = lora.target_modules if isinstance(lora.target_modules, list | set | tuple) else [lora.target_modules]
    strange = sorted(set(targets) - known)
    return f"its adapter also tunes {', '.join(strange)}" if strange else None


def _spread(x: Tensor, group: Group, tensors: list[Tensor], onto: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Return x through a group, on top of ``onto`` (tokens, out), and x through the adapters' A for the way back."""
    import torch

    weight = group.weight(x.dtype).t()
    adapters = group.joined(tensors, x.dtype)
    onto = group.bias if onto is None else onto
    if adapters is None:
        return (x @ weight if onto is None else torch.addmm(onto, x, weight)), None
    a, b = adapters
    low = x @ a.t()
    made = low @ b.t() if onto is None else torch.addmm(onto, low, b.t())
    return made.addmm_(x, weight), low


def _gather(
    grad: Tensor, group: Group, tensors: list[Tensor], low: Tensor | None, x: Tensor | None, wanted: bool = True
) -> tuple[Tensor | None, Any]:
    """Return the gradient of a group's input, and a function of the input that returns those of the adapters."""
    import torch

    adapters = group.joined(tensors, grad.dtype)
    if adapters is None:
        return (grad @ group.weight(grad.dtype) if wanted else None), lambda given: []
    a, b = adapters
    low_grad = grad @ b
    grad_b = grad.t() @ low
    made = (low_grad @ a).addmm_(grad, group.weight(grad.dtype)) if wanted else None
    return made, lambda given: group.gradients(low_grad.t() @ given, grad_b, tensors)


def attention_block() -> Any:
    """Return the autograd function x, rows → x + o(attention(qkv(norm(x)))), of all rows or of chosen ones."""
    import torch

    def to_heads(x: Tensor, layer: Layer, shape: Shape, at: Pass, tensors: list[Tensor]) -> Any:
        normed, inverse = fused_math.norm(x, layer.attention_norm, shape.eps)
        qkv, low = _spread(normed, layer.qkv, tensors, None)
        heads = qkv.view(len(x), -1, shape.width)
        turned = shape.heads + shape.kv_heads
        fused_math.rotate(heads[:, :turned], at.cos, at.sin)
        q, k, v = (one.detach() for one in heads.split([shape.heads, shape.kv_heads, shape.kv_heads], dim=1))
        return (q, k, v), low, inverse

    def attend(heads: Any, shape: Shape, at: Pass) -> Tensor:
        with torch.enable_grad():
            return attention.attend(
                *(one.requires_grad_() for one in heads), at.packed, shape.scale, at.kernel, at.window
            )

    class AttentionBlock(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, chosen: Any, layer: Layer, shape: Shape, at: Pass, *tensors: Tensor) -> Tensor:
            count = len(layer.qkv.parameters())
            heads, low, inverse = to_heads(x, layer, shape, at, list(tensors[:count]))
            out = attend(heads, shape, at)
            flat = out.detach().view(len(x), -1)
            residual = x if chosen is None else x[chosen]
            flat = flat if chosen is None else flat[chosen]
            made, out_low = _spread(flat, layer.o, list(tensors[count:]), residual)
            ctx.of = (layer, shape, at, count, chosen)
            ctx.adapters = tensors
            ctx.out_low = out_low
            if at.keep:
                ctx.kept = (x, heads, low, inverse, out)
            else:
                ctx.shelved = at.shelf.put(x)
            return made

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> Any:
            layer, shape, at, count, chosen = ctx.of
            tensors = list(ctx.adapters)
            if at.keep:
                x, heads, low, inverse, out = ctx.kept
            else:
                x = at.shelf.take(ctx.shelved)
                heads, low, inverse = to_heads(x, layer, shape, at, tensors[:count])
                out = attend(heads, shape, at)
            ctx.kept = None
            flat = out.detach().view(len(x), -1)
            given = flat if chosen is None else flat[chosen]
            grad_flat, o_grads = _gather(grad, layer.o, tensors[count:], ctx.out_low, None)
            o_grads = o_grads(given)
            if chosen is None:
                residual = grad
            else:
                residual = torch.zeros_like(x).index_copy_(0, chosen, grad)
                grad_flat = torch.zeros_like(flat).index_copy_(0, chosen, grad_flat)
            grads = torch.autograd.grad(out, heads, grad_flat.view_as(out))
            del out, heads, flat, given
            joint = torch.cat(grads, dim=1)
            del grads
            fused_math.rotate_back(joint[:, : shape.heads + shape.kv_heads], at.cos, at.sin)
            grad_normed, qkv_grads = _gather(
                joint.view(len(x), -1), layer.qkv, tensors[:count], low, None, ctx.needs_input_grad[0]
            )
            qkv_grads = qkv_grads(fused_math.renorm(x, layer.attention_norm, inverse))
            grad_x = None
            if grad_normed is not None:
                grad_x = fused_math.norm_backward(grad_normed, x, layer.attention_norm, inverse, residual)
            return grad_x, None, None, None, None, *qkv_grads, *o_grads

    return AttentionBlock


def mlp_block() -> Any:
    """Return the autograd function x → x + down(swiglu(gate_up(norm(x)))), in chunks of tokens where it must."""
    import torch

    def to_gate_up(x: Tensor, layer: Layer, shape: Shape, tensors: list[Tensor]) -> Any:
        normed, inverse = fused_math.norm(x, layer.mlp_norm, shape.eps)
        gate_up, low = _spread(normed, layer.gate_up, tensors, None)
        return gate_up, low, inverse

    def back(grad: Tensor, x: Tensor, layer: Layer, tensors: list[Tensor], count: int, kept: Any) -> Any:
        gate_up, low, inverse, down_low = kept
        grad_inner, down_grads = _gather(grad, layer.down, tensors[count:], down_low, None)
        fused_math.swiglu_backward(gate_up, grad_inner)  # gate_up: its gradient; grad_inner: down's input
        down_grads = down_grads(grad_inner)
        del grad_inner
        grad_normed, gate_up_grads = _gather(gate_up, layer.gate_up, tensors[:count], low, None)
        gate_up_grads = gate_up_grads(fused_math.renorm(x, layer.mlp_norm, inverse))
        return fused_math.norm_backward(grad_normed, x, layer.mlp_norm, inverse, grad), [*gate_up_grads, *down_grads]

    class MlpBlock(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, layer: Layer, shape: Shape, at: Pass, *tensors: Tensor) -> Tensor:
            count = len(layer.gate_up.parameters())
            first, last = list(tensors[:count]), list(tensors[count:])
            ctx.of, ctx.adapters, ctx.kept, ctx.down_lows = (layer, shape, at, count), tensors, None, []
            made = []
            for part in x.split(at.chunk):
                gate_up, low, inverse = to_gate_up(part, layer, shape, first)
                out, down_low = _spread(fused_math.swiglu(gate_up), layer.down, last, part)
                made.append(out)
                ctx.down_lows.append(down_low)
                if at.keep:
                    ctx.kept = (*(ctx.kept or ()), (part, gate_up, low, inverse))
            if not at.keep:
                ctx.shelved = at.shelf.put(x)
            return made[0] if len(made) == 1 else torch.cat(made)

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> Any:
            layer, shape, at, count = ctx.of
            tensors = list(ctx.adapters)
            kept, ctx.kept = ctx.kept, None
            parts = None if kept else at.shelf.take(ctx.shelved).split(at.chunk)
            grads_x, total = [], None
            for place, part_grad in enumerate(grad.split(at.chunk)):
                if kept:
                    x, *made = kept[place]
                else:
                    x = parts[place]
                    made = to_gate_up(x, layer, shape, tensors[:count])
                grad_x, grads = back(part_grad, x, layer, tensors, count, (*made, ctx.down_lows[place]))
                grads_x.append(grad_x)
                total = grads if total is None else [one.add_(other) for one, other in zip(total, grads, strict=True)]
            grad_x = grads_x[0] if len(grads_x) == 1 else torch.cat(grads_x)
            return grad_x, None, None, None, *total

    return MlpBlock


def loss_head() -> Any:
    """Return the autograd function hidden, targets → summed cross entropy, whose logits are there a chunk at a time."""
    import torch

    class LossHead(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
            grad = torch.empty_like(hidden)
            total = hidden.new_zeros((), dtype=torch.float32)
            for start in range(0, len(hidden), CHUNK):
                place = slice(start, start + CHUNK)
                logits = (hidden[place] @ weight.t()).float()
                total += torch.nn.functional.cross_entropy(logits, targets[place], reduction="sum")
                probabilities = logits.softmax(-1)
                probabilities[torch.arange(len(logits), device=logits.device), targets[place]] -= 1
                torch.matmul(probabilities.to(hidden.dtype), weight, out=grad[place])
            ctx.save_for_backward(grad)
            return total

        @staticmethod
        def backward(ctx: Any, above: Tensor) -> Any:
            (grad,) = ctx.saved_tensors
            return grad * above.to(grad.dtype), None, None

    return LossHead


class FusedModel:
    """The way through a peft model: `loss` for training; `layers` for whoever else needs them."""

    def __init__(self, model: Any) -> None:
        base = model.get_base_model() if hasattr(model, "get_base_model") else model
        config = base.config
        self.body, self.config = base.model, config
        self.head = base.get_output_embeddings().weight
        self.embed = base.get_input_embeddings()
        width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        self.shape = Shape(
            config.num_attention_heads, config.num_key_value_heads, width, config.rms_norm_eps, width**-0.5
        )
        self.window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
        self.scratch = Scratch()
        self.layers = [self._layer(layer) for layer in self.body.layers]
        self.blocks = attention_block(), mlp_block(), loss_head()

    def _layer(self, layer: nn.Module) -> Layer:
        attn, mlp = layer.self_attn, layer.mlp
        return Layer(
            attention_norm=layer.input_layernorm.weight,
            qkv=joined([attn.q_proj, attn.k_proj, attn.v_proj], self.scratch),
            o=joined([attn.o_proj], self.scratch),
            mlp_norm=layer.post_attention_layernorm.weight,
            gate_up=joined([mlp.gate_proj, mlp.up_proj], self.scratch),
            down=joined([mlp.down_proj], self.scratch),
        )

    def unpack(self) -> None:
        """Keep every four-bit weight in 16 bits from here on (`Group.unpack`)."""
        for layer in self.layers:
            for group in (layer.qkv, layer.o, layer.gate_up, layer.down):
                group.unpack(self.head.dtype)
        self.scratch.buffer = None

    def angles(self, x: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Return cosines and sines (tokens, width / 2) of positions (1, tokens)."""
        cos, sin = self.body.rotary_emb(x[None], positions)
        half = self.shape.width // 2
        return cos[0, :, :half].contiguous(), sin[0, :, :half].contiguous()

    def loss(
        self, ids: Tensor, positions: Tensor, labels: Tensor, packed: attention.Packed, keep: bool, offload: bool,
        chunk: int | None = None,
    ) -> Tensor:  # fmt: skip
        """Return the summed loss of a packed pass: ids, positions, labels (1, tokens); -100 marks what is not learned.

        ``keep``: hold what the backward pass needs (fast), or only each block's input (small), in the host's memory
        with ``offload``. ``chunk``: tokens that go through an MLP at a time.
        """
        import torch

        block, mlp, head = self.blocks
        x = self.embed(ids[0]).detach()
        chosen = (labels[0, 1:] != -100).nonzero()[:, 0]
        targets = labels[0, 1:][chosen]
        kernel = attention.kernel_for(x.device, x.dtype, self.shape.width, self.window)
        packed = attention.rounded(packed) if kernel == "cudnn" else packed
        cos, sin = self.angles(x, positions)
        at = Pass(packed, cos, sin, kernel, self.window, keep, Shelf(offload), chunk or len(x))
        last = len(self.layers) - 1
        for number, layer in enumerate(self.layers):
            rows = chosen if number == last else None
            x = block.apply(x, rows, layer, self.shape, at, *layer.qkv.parameters(), *layer.o.parameters())
            x = mlp.apply(x, layer, self.shape, at, *layer.gate_up.parameters(), *layer.down.parameters())
        hidden = self.body.norm(x)
        return head.apply(hidden, self.head, targets)
