"""The adapter summed into its base: in float32 over the base as it was tuned, on the processor.

Reads a model's folder and an adapter's; writes nothing. A sum in the base's own four bits or sixteen loses more: of 100
answers of a small model 20 changed where NF4 was merged as it is, and 2 where the sum was made over its values in
float32.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_json
from kotune.models import adapters, loading

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

ON_PROCESSOR = {"device": "cpu"}
HEADS = ("embed_tokens", "lm_head", "wte")  # modules that tied models have once and name twice


def check_trained(adapter: Path, command: str | None) -> None:
    """Raise UserError for an arm that is not trained yet; ``command`` trains it."""
    if not (adapter / adapters.WEIGHTS).is_file():
        raise UserError(f"{adapter}: the arm is not trained yet; train it first" + (f": {command}" if command else ""))


def check_mergeable(adapter: Path, config: Json) -> None:
    """Raise UserError for an adapter whose sum with its base would be another model; ``config``: the base's."""
    where, lora = adapter / adapters.CONFIG, read_json(adapter / adapters.CONFIG)
    named = [*_names(lora.get("target_modules")), *_names(lora.get("modules_to_save"))]
    tied = config.get("tie_word_embeddings") and [name for name in named if name.split(".")[-1] in HEADS]
    if lora.get("ensure_weight_tying") and (tied or config.get("tie_word_embeddings")):
        raise UserError(
            f"{where}: ensure_weight_tying is on, and the base ties its embeddings: peft would add the adapter to them "
            "twice; train it without"
        )
    if tied:
        raise UserError(
            f"{where}: it changes {tied[0]}, which the base shares with another module: the sum would change both; "
            "train it without that module"
        )
    if str(lora.get("init_lora_weights", "")).startswith("pissa_niter"):
        raise UserError(
            f"{where}: init_lora_weights is {lora['init_lora_weights']}, whose base changed as training began: peft "
            "cannot put it on again; train it with pissa, or with true"
        )


def _names(value: object) -> list[str]:
    """Return the modules that a setting of peft names."""
    if isinstance(value, str):
        return [value]
    return [str(one) for one in value] if isinstance(value, list) else []


def _sums(model: PreTrainedModel, names: list[str], dtype: torch.dtype) -> dict[str, str]:
    """Return a hash of each named weight as it is written: in ``dtype``."""
    import torch

    weights = dict(model.named_parameters())
    return {
        name: hashlib.sha256(weights[name].detach().to(dtype).contiguous().view(torch.int16).numpy()).hexdigest()
        for name in names
    }


def merged(model: Json, quantization: Json | None, adapter: Path, dtype: str, threads: int) -> PreTrainedModel:
    """Return the sum in float32, on the processor; ``dtype``: the 16 bits that it must still differ from its base in.

    Raises UserError for an adapter that does not fit, cannot be merged, or changes no weight.
    """
    import torch

    base = {**model, "dtype": "float32"}
    adapters.weights_of(adapter, model["path"], loading.model_files(model["path"]))
    check_mergeable(adapter, loading.load_config(model).to_dict())
    loaded = loading.load_model(base, quantization, {**ON_PROCESSOR, "threads": threads}).model
    wrapped = adapters.put_on(loaded, adapter, model["path"])
    before = _weights_below(wrapped)
    narrow = getattr(torch, dtype)
    kept = _sums(wrapped, list(before), narrow)
    whole = wrapped.merge_and_unload(safe_merge=True)
    after = _sums(whole, list(before.values()), narrow)
    if before and all(kept[name] == after[plain] for name, plain in before.items()):
        raise UserError(
            f"{adapter}: merged in {dtype}, none of its {len(before)} weights differs from the base's: the adapter "
            "changes nothing, or less than 16 bits hold; look at its curve, and at its learning rate"
        )
    _check_finite(whole, adapter, narrow)
    return whole.eval()


def _weights_below(wrapped: torch.nn.Module) -> dict[str, str]:
    """Return the name of each weight that has an adapter on it, and what it is called when that is merged."""
    mark = ".base_layer."
    names = [name for name, _ in wrapped.named_parameters() if name.endswith(f"{mark}weight")]
    return {name: name.replace(mark, ".").removeprefix("base_model.model.") for name in names}


def _check_finite(model: PreTrainedModel, adapter: Path, dtype: torch.dtype) -> None:
    """Raise UserError for a value that is no number, or beyond what 16 bits hold."""
    import torch

    largest = torch.finfo(dtype).max
    for name, values in model.named_parameters():
        if not torch.isfinite(values).all() or values.abs().max() > largest:
            raise UserError(f"{adapter}: merged, {name} holds values that {dtype} cannot hold; train the adapter again")
