"""LoftQ: an adapter that begins with what 4 bits have lost of each weight; a recipe asks for it by its `lora`.

Reads the base's config.json and safetensors; writes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_json
from kotune.training.lora import BEGIN, LOFTQ

if TYPE_CHECKING:
    from peft import PeftModel


def check(settings: Json, device: str, base: Path | None = None) -> None:
    """Raise UserError where LoftQ is asked of a device without CUDA, or of a base that is stored in few bits."""
    if settings.get(BEGIN) != LOFTQ:
        return
    if device != "cuda":
        raise UserError(
            f"recipe.lora.{BEGIN}: '{LOFTQ}' needs a CUDA GPU (peft and bitsandbytes compute it there alone), and this "
            "runs without one; leave the arm out at this scale (`scales: {<scale>: {arms: [...]}}` of the study), or "
            f"{BEGIN} out of its recipe"
        )
    if base is not None and read_json(base / "config.json").get("quantization_config"):
        raise UserError(
            f"recipe.lora.{BEGIN}: {base} is stored quantized, so that nobody knows what its bits have lost; '{LOFTQ}' "
            "needs the model's weights in 16 bits"
        )


def begin(model: PeftModel, base: str) -> None:
    """Give a fresh adapter what NF4 lost of each weight, as far as its rank holds it (LoftQ, one iteration).

    ``base``: the model's folder, whose safetensors are read a tensor at a time. The base stays as it was loaded, so
    that the adapter fits whatever loads that base in NF4. peft's own init would replace the base's weights. Nor does
    peft (0.21) look at the scaling, alpha / r: with 2, the adapter would add twice what was lost.
    """
    from peft import replace_lora_weights_loftq

    replace_lora_weights_loftq(model, model_path=base)
    for module in model.modules():
        for name, layer in getattr(module, "lora_B", {}).items():
            layer.weight.data /= module.scaling[name]
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float().contiguous()
