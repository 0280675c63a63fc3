"""Precision as the device supports it: bfloat16 from Ampere on, on older cards float16 with loss scaling.

Reads and writes nothing. A recipe is written for bfloat16; the record notes what an older card changes. A scale that
runs on any machine leaves the precision to it (`auto`): then a CPU computes in float32, as 16 bits are many times
slower there.
"""

from __future__ import annotations

from kotune.core.storage import Json

BYTES_A_PARAMETER = 2  # weights on the hub are stored in 16 bits
AUTO = "auto"  # a model's dtype where the scale leaves it to the device
ON_CPU = "float32, as the scale leaves the precision to the device and there is no GPU"
NOTE = "float16 for bfloat16, which this GPU does not compute in; its loss is scaled, its adapter float32"


def has_bfloat16(device: str) -> bool:
    """Return whether work on a device may be in bfloat16; emulation is too slow to count."""
    import torch

    return device != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)


def of_device(dtype: str | None, device: str) -> str | None:
    """Return the precision that is meant by ``dtype`` on a device ("cpu" or any other name, which is a GPU's)."""
    if dtype != AUTO:
        return dtype
    return "float32" if device == "cpu" else "bfloat16"


def fitted(
    model: Json, quantization: Json | None, trainer: Json, device: str
) -> tuple[Json, Json | None, Json, list[str]]:
    """Return a model's settings, a recipe's `quantization` and `trainer` as the device can take them, and notes."""
    if model.get("dtype") == AUTO:
        model = {**model, "dtype": of_device(AUTO, device)}
        if device == "cpu":
            trainer = {key: False if key in ("bf16", "fp16") else value for key, value in trainer.items()}
            return model, quantization, trainer, [ON_CPU]
    dtypes = {model.get("dtype"), (quantization or {}).get("bnb_4bit_compute_dtype")}
    if has_bfloat16(device) or not (trainer.get("bf16") or "bfloat16" in dtypes):
        return model, quantization, trainer, []
    if model.get("dtype") == "bfloat16":
        model = {**model, "dtype": "float16"}
    if quantization and quantization.get("bnb_4bit_compute_dtype") == "bfloat16":
        quantization = {**quantization, "bnb_4bit_compute_dtype": "float16"}
    if trainer.get("bf16"):
        trainer = {**trainer, "bf16": False, "fp16": True}
    return model, quantization, trainer, [NOTE]
