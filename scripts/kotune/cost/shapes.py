"""Shapes and plans: a model's sizes, and what of a recipe decides cost.

Reads and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.layers import ways
from kotune.layers.fused import targets_of
from kotune.training.method import DRAWN, LENGTH, PAIRS, ROWS, asks, looks, method_of

SHAPE = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "intermediate_size",
    "vocab_size",
    "tied",
)


@dataclass(frozen=True)
class Shape:
    """A gated transformer's sizes. ``norms``: in one layer; ``eager``: its attention keeps its scores."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head: int
    ffn: int
    vocab: int
    tied: bool
    norms: int = 2
    eager: bool = False

    @property
    def query(self) -> int:
        """Width of the queries."""
        return self.heads * self.head

    @property
    def key(self) -> int:
        """Width of the keys, and of the values."""
        return self.kv_heads * self.head

    @property
    def modules(self) -> dict[str, tuple[int, int]]:
        """The linear maps of one layer, (in, out), under their names in transformers."""
        return {
            "q_proj": (self.hidden, self.query),
            "k_proj": (self.hidden, self.key),
            "v_proj": (self.hidden, self.key),
            "o_proj": (self.query, self.hidden),
            "gate_proj": (self.hidden, self.ffn),
            "up_proj": (self.hidden, self.ffn),
            "down_proj": (self.ffn, self.hidden),
        }

    @property
    def linear(self) -> int:
        """Weights of all layers' linear maps."""
        return self.layers * sum(wide * out for wide, out in self.modules.values())

    @property
    def embeddings(self) -> int:
        """Weights of the embeddings, and of the output layer where it has its own."""
        return (1 if self.tied else 2) * self.vocab * self.hidden

    @property
    def parameters(self) -> int:
        """All weights, norms left out."""
        return self.linear + self.embeddings


def shape_of(model: Json, where: str) -> Shape:
    """Return the shape of a catalogue entry, or of a model's settings; UserError names what it does not say."""
    shape = model.get("shape", {})
    missing = [key for key in SHAPE if key not in shape]
    if missing:
        raise UserError(f"{where}: its shape lacks {', '.join(missing)}; read them in its config.json and add them")
    gemma = str(model.get("family", "")).startswith("gemma")
    return Shape(
        *(shape[key] for key in SHAPE), norms=4 if gemma else 2, eager=model.get("attn_implementation") == "eager"
    )


@dataclass(frozen=True)
class Plan:
    """A recipe as far as it decides cost. ``adapter_bytes``: of one LoRA weight; ``max_length``: of a packed row;
    ``memory_gib`` and ``tokens``: what the recipe's `passes` asks of the fused layers. ``sides``: sequences that a row
    of a batch is (two of a pair). ``looks``: forward passes over each sequence besides, without a gradient: a
    reference's. ``samples``: answers to a row that the training draws itself, of up to ``drawn`` tokens each."""

    path: str
    four_bit: bool
    r: int
    targets: tuple[str, ...]
    batch: int = 1
    accumulation: int = 1
    checkpointing: bool = True
    adapter_bytes: int = 2
    optim: str = "adamw_torch"
    max_length: int | None = None
    double_quant: bool = False
    all_logits: bool = False
    epochs: float = 1
    max_steps: int = -1  # above zero: so many steps, whatever `epochs` says
    loss_tokens: int | None = None  # a budget: so many tokens in the loss, whatever the two say
    memory_gib: float | None = None
    tokens: int | None = None
    sides: int = 1
    looks: int = 0
    samples: int = 0
    drawn: int = 0

    @property
    def sequences(self) -> int:
        """Sequences of one pass."""
        return self.batch * self.sides


def config_of(architecture: str | None) -> SimpleNamespace:
    """Return as much of a transformers configuration as `ways` and `engines` ask for, of a model that is not there."""
    return SimpleNamespace(architectures=[architecture], hidden_act="silu")


def path_of(recipe: Json, architecture: str | None) -> str:
    """Return the path that a recipe takes on a GPU with a model of an architecture (its method's `way` decides)."""
    trainer = recipe["trainer"]
    way = method_of(recipe).way(recipe, config_of(architecture), "cuda").name
    return "packed_liger" if way == "packed" and trainer.get("use_liger_kernel") else way


def plan_of(recipe: Json, architecture: str | None = None) -> Plan:
    """Return the plan of a recipe as a scale sees it; what it leaves open is TRL's default."""
    trainer, quantization = recipe["trainer"], recipe.get("quantization") or {}
    four_bit = bool(quantization.get("load_in_4bit"))
    packing = bool(trainer.get("packing"))
    path = recipe.get("path") or path_of(recipe, architecture)
    passes = recipe.get("passes") or {}
    return Plan(
        path=path,
        four_bit=four_bit,
        r=recipe["lora"]["r"],
        targets=targets_of(recipe["lora"]),
        batch=trainer.get("per_device_train_batch_size", 8),
        accumulation=trainer.get("gradient_accumulation_steps", 1),
        checkpointing=trainer.get("gradient_checkpointing", True) and path != "fused",
        # TRL makes a 4-bit model's adapter bfloat16; peft keeps any other in 32 bits, and kotune does so under fp16
        adapter_bytes=2 if four_bit and not trainer.get("fp16") and path != "fused" else 4,
        optim=trainer.get("optim", "adamw_torch"),
        max_length=(trainer.get("max_length") or ways.PACK) if packing else None,
        double_quant=bool(quantization.get("bnb_4bit_use_double_quant")),
        epochs=trainer.get("num_train_epochs", 3),
        max_steps=trainer.get("max_steps", -1),
        loss_tokens=recipe.get("budget", {}).get("loss_tokens"),
        memory_gib=passes.get("memory_gib"),
        tokens=passes.get("tokens"),
        all_logits=asks(recipe, PAIRS),  # TRL makes those of a pair's prompt, too
        sides=2 if asks(recipe, PAIRS) else 1,
        looks=looks(recipe),
        **_drawn(recipe),
    )


def _drawn(recipe: Json) -> dict[str, int]:
    """Return how many answers a training draws to a row, and their tokens; nothing of a method that draws none."""
    if not asks(recipe, ROWS):
        return {}
    trainer = recipe["trainer"]
    return {"samples": trainer.get("num_generations", DRAWN), "drawn": trainer.get("max_completion_length", LENGTH)}


def lora_parameters(shape: Shape, plan: Plan) -> int:
    """Return how many weights LoRA trains."""
    unknown = [name for name in plan.targets if name not in shape.modules]
    if unknown:
        hint = nearest(unknown[0], shape.modules)
        raise UserError(f"recipe.lora.target_modules: the cost model knows no layer '{unknown[0]}'{hint}")
    return shape.layers * plan.r * sum(sum(shape.modules[name]) for name in plan.targets)
