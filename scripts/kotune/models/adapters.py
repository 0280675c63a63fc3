"""Adapters that are there: whether one belongs to a base model, and the base with it on, to answer or to train on.

Reads adapter folders (adapter_model.safetensors, adapter_config.json, record.json); writes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import needed, read_json, sha256_of
from kotune.core.tensor_file import check_whole

if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel
    from transformers import PreTrainedModel

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
# What an adapter's configuration says of how it was made, and not of what it is.
PASSING = ("base_model_name_or_path", "inference_mode", "peft_version", "revision", "auto_mapping")


def weights_of(folder: Path, base: str, base_files: dict[str, Path]) -> Path:
    """Return an adapter's file; UserError where it is not whole or its record names another base model.

    ``base``: the folder of the base model; ``base_files``: name → path of the weights in it.
    """
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f"{folder}: {name} is missing; train the adapter first")
    check_whole(folder / WEIGHTS, "remove it and run again")
    record = folder / "record.json"
    if record.is_file():
        tuned = {
            name: file["sha256"]
            for name, file in needed(needed(read_json(record), "with", record), "files", record).items()
        }
        if any(name in tuned and tuned[name] != sha256_of(path) for name, path in base_files.items()):
            raise UserError(f"{folder}: tuned on other weights than {base} holds; train it again")
    return folder / WEIGHTS


def put_on(model: PreTrainedModel, folder: Path, base: str, trainable: bool = False) -> PeftModel:
    """Return the model with an adapter on it, unmerged, under the name `default`; ``base``: the model's folder."""
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(model, str(folder), is_trainable=trainable)
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{folder}: the adapter does not fit {base}: {reason}") from error


def check_same_lora(folder: Path, wanted: LoraConfig) -> None:
    """Raise UserError unless an adapter has the LoRA settings of the recipe that goes on from it."""
    kept, asked = read_json(folder / CONFIG), wanted.to_dict()
    known = {name: _plain(value) for name, value in asked.items() if name not in PASSING}
    differ = [name for name, value in known.items() if name in kept and _plain(kept[name]) != value]
    if differ:
        name = differ[0]
        raise UserError(
            f"recipe.lora.{name}: {known[name]!r}, but the adapter that the training starts from ({folder}) has "
            f"{_plain(kept[name])!r}; both recipes must have the same lora settings"
        )


def copy_weights(folder: Path, model: PeftModel) -> None:
    """Give the model's adapter exactly the weights of a file: what was cast on the way has lost digits."""
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    set_peft_model_state_dict(model, load_file(folder / WEIGHTS))


def _plain(value: object) -> object:
    """Return a setting in a form in which two that mean the same are equal."""
    if isinstance(value, set | list | tuple):
        return sorted(value, key=str)
    return {key: _plain(part) for key, part in value.items()} if isinstance(value, dict) else value
