"""An adapter's files: its weights as they are in memory, and the two files that are written of it.

Writes adapter_config.json and adapter_model.safetensors.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import replacing, write_json
from kotune.models.adapters import CONFIG, WEIGHTS

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor


def adapter_tensors(model: Any) -> dict[str, Tensor]:
    """Return a copy of the adapter's weights on the CPU, under the names that its file has."""
    from peft import get_peft_model_state_dict

    return {name: tensor.detach().cpu().clone() for name, tensor in get_peft_model_state_dict(model).items()}


def write_adapter(
    model: PeftModel, base: tuple[str, str | None], folder: Path, tensors: dict[str, Tensor] | None = None
) -> None:
    """Write adapter_config.json and, last, adapter_model.safetensors, byte for byte the same for the same adapter.

    ``base``: what the file calls the base model, and its revision. ``tensors``: the weights of an earlier step, where
    the last one's are not the best.
    """
    from safetensors.torch import save

    named = {"base_model_name_or_path": base[0], "revision": base[1], "inference_mode": True}
    config = {**model.peft_config["default"].to_dict(), **named}
    # peft keeps sets, and their order changes from process to process
    write_json(
        folder / CONFIG,
        {name: sorted(value) if isinstance(value, set) else value for name, value in config.items()},
    )
    tensors = tensors or adapter_tensors(model)
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise UserError(
                f"{folder}: training ended with weights that are not numbers ({name}); "
                "lower trainer.learning_rate of the recipe"
            )
    with replacing(folder / WEIGHTS) as beside:
        beside.write_bytes(save(tensors, metadata={"format": "pt"}))
