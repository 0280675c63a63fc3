"""How a training runs its model: fused layers, packed rows, or padded batches; the numbers are the same in each.

Reads and writes nothing. `fused`: rows packed without padding through `layers.fused`. `packed`: rows packed through
transformers' own layers, each row attending to itself. `padded`: as TRL has it.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.layers import fused, passes
from kotune.layers.attention import NAME, Packed

if TYPE_CHECKING:
    from trl import SFTConfig

PACK = 4096  # tokens of a pack where the recipe names none and no row is longer
TRIES, LESS = 8, 0.85  # how often a pass is tried anew where memory is short, each time as if there were less
A_PARAMETER = 16  # bytes of a tuned parameter: itself, its gradient and AdamW's two moments, in float32


@dataclass
class Way:
    """The way that was chosen, why, and what the training's record should say of it."""

    name: str
    attention: str | None = None
    notes: list[str] = field(default_factory=list)


def choose(recipe: Json, config: Any, device: str) -> Way:
    """Return the way for a recipe, a model's transformers configuration and a device ("cpu" or "cuda").

    Raises UserError where the recipe insists on fused layers and the model or its adapter cannot have them.
    """
    settings = recipe.get("passes") or {}
    passes.check(settings)
    layers = settings.get("layers", "auto")
    why_not = fused.refusal(config, recipe["lora"])
    if layers == "fused" and why_not:
        raise UserError(f"recipe.passes.layers: fused layers are not possible: {why_not}; set it to auto")
    if layers == "auto" and recipe["trainer"].get("fp16"):
        why_not = "fp16 needs its loss scaled before the backward pass"
    if not why_not and (layers == "fused" or (layers == "auto" and device == "cuda")):
        return Way("fused")
    notes = [f"not through fused layers: {why_not}"] if why_not and device == "cuda" and layers == "auto" else []
    if not (recipe["trainer"].get("packing") or recipe["trainer"].get("padding_free")):
        return Way("padded", None, notes)
    if device != "cuda" and not getattr(config, "attn_logit_softcapping", None):
        return Way("packed", None, notes)
    return Way("packed", NAME, notes)


def free_bytes(device: str, settings: Json, parameters: int) -> float:
    """Return the memory for activations: what is free on the GPU, or what the recipe allows, less the optimizer's.

    What the recipe allows is a limit from here on: torch gives no more than that.
    """
    import torch

    if device != "cuda":
        return 16 * passes.GIB
    gc.collect()
    torch.cuda.empty_cache()  # what loading left behind lies in pieces
    available, allowed = passes.free_gpu_bytes(), settings.get("memory_gib")
    if allowed is not None:
        _, total = torch.cuda.mem_get_info()
        torch.cuda.set_per_process_memory_fraction(min(1.0, allowed * passes.GIB / total))
        available = min(available, allowed * passes.GIB - torch.cuda.memory_allocated())
    return available - parameters * A_PARAMETER


def arrange(
    way: Way, config: SFTConfig, settings: Json, widths: passes.Widths, lengths: list[int], free: float
) -> Json:
    """Put a step's rows or packs into passes, in place: TRL's arguments are changed; return what was decided.

    A step of the optimizer keeps its rows, or its packs; only how many go through the model at once changes.
    """
    if config.packing and config.max_length is None:
        config.max_length = max(PACK, *lengths)
    if way.name != "fused":
        return {}
    if not config.packing:
        # TRL (1.16) refuses the two together; no row is longer than max_length, or it had been refused when it was read
        config.padding_free, config.max_length = True, None
    pack = config.max_length if config.packing else None
    rows = config.per_device_train_batch_size * config.gradient_accumulation_steps
    made = passes.arranged(widths, lengths, pack, rows, settings.get("tokens"), free)
    config.per_device_train_batch_size, config.gradient_accumulation_steps = made.rows_a_pass, made.passes_a_step
    return {"tokens_a_pass": made.tokens, "rows_a_pass": made.rows_a_pass, "passes_a_step": made.passes_a_step}


class FusedLoss:
    """The loss of TRL's packed batches through the fused layers."""

    def __init__(self, model: Any, widths: passes.Widths, device: str, settings: Json) -> None:
        self.model, self.widths = fused.FusedModel(model), widths
        parameters = sum(parameter.numel() for parameter in self.model.adapters.parameters)
        self.free = free_bytes(device, settings, parameters)
        self.rooms: dict[str, int] = {}

    def __call__(self, inputs: Json) -> Any:
        """Return the summed loss of a batch of TRL's padding-free collator."""
        starts = inputs["cu_seq_lens_q"]
        packed = Packed(starts, int(inputs["max_length_q"]))
        ids, positions, labels = (inputs[name][0] for name in ("input_ids", "position_ids", "labels"))
        batch = fused.Batch(ids, positions, labels, packed)
        for _ in range(TRIES):
            room = passes.room_for(self.widths, len(ids), self.free)
            loss = self._within(batch, room)
            if loss is not None:
                self._note(room)
                return loss
            self.free *= LESS  # the count was too low, or another process took some of the memory
        return self.model.loss(batch, room)

    def _within(self, batch: fused.Batch, room: fused.Room) -> Any:
        """Return the loss of a pass, or None where memory was too short for so much."""
        import torch

        try:
            return self.model.loss(batch, room)
        except torch.OutOfMemoryError:
            pass
        gc.collect()  # outside the handler, whose error still holds the tensors
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return None

    def _note(self, room: fused.Room) -> None:
        kept = "all layers kept" if room.kept_layers is None else f"{room.kept_layers} layers kept"
        name = f"{kept}, inputs on the host" if room.offload else kept
        self.rooms[name] = self.rooms.get(name, 0) + 1
