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

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune.core.storage import Json
from kotune.layers import steps
from kotune.layers.attention import Attention, Packed
from kotune.layers.fused_pass import passed
from kotune.layers.weights import Adapters, Group, Scratch, joined

if TYPE_CHECKING:
    from torch import Tensor, nn

ARCHITECTURES = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM")
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


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
class Projected:
    """What came of a joined group behind its norm: the result (tokens, out), low of its adapters, the inverse norm."""

    made: Tensor
    low: Tensor | None
    inverse: Tensor


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


def targets_of(lora: Json) -> tuple[str, ...]:
    """Return the layers that a recipe's `lora` tunes, by name: peft's word all-linear is all projections."""
    targets = lora.get("target_modules") or ()
    if isinstance(targets, str):
        return PROJECTIONS if targets == "all-linear" else (targets,)
    return tuple(targets)


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
    strange = sorted(set(targets_of(lora)) - set(PROJECTIONS))
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

    def to_heads(self, x: Tensor, layer: Layer, angles: tuple[Tensor, Tensor], adapter: bool = True) -> Projected:
        """Return the joint heads (tokens, heads + 2 kv heads, width) with positions."""
        normed, inverse = steps.norm(x, layer.attention_norm, self.eps)
        made, low = layer.qkv.forward(normed, adapter=adapter)
        joint = made.view(len(x), -1, self.width)
        steps.rotate(joint[:, : self.heads + self.kv_heads], *angles)
        return Projected(joint, low, inverse)

    def to_gate_up(self, x: Tensor, layer: Layer, adapter: bool = True) -> Projected:
        """Return gate | up (tokens, 2 · inner)."""
        normed, inverse = steps.norm(x, layer.mlp_norm, self.eps)
        made, low = layer.gate_up.forward(normed, adapter=adapter)
        return Projected(made, low, inverse)

    def loss(self, batch: Batch, room: Room | None = None) -> Tensor:
        """Return the summed loss of a pass over all its learned positions; its gradients are the adapters'.

        Where gradients are switched off, nothing is kept for them.
        """
        import torch

        if self._function is None:
            self._function = _function()
        learn = torch.is_grad_enabled()
        return self._function.apply(self, batch, room or Room(), learn, *self.adapters.parameters)


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
            total, ctx.grads = passed(model, batch, room, learn)
            return total

        @staticmethod
        def backward(ctx: Any, above: Tensor) -> Any:
            grads, ctx.grads = ctx.grads, None
            if grads:
                torch._foreach_mul_(grads, above.to(grads[0].dtype))
            return None, None, None, None, *grads

    return Loss
