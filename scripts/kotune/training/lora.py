"""LoRA: a recipe's `lora`, with the rank `r` among it, as peft's LoraConfig for a loaded model.

Reads the configuration of an adapter to train on; writes nothing. Every argument is passed under its own name; an
unknown one is answered with the nearest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_json
from kotune.models.adapters import CONFIG

if TYPE_CHECKING:
    from peft import LoraConfig
    from transformers import PreTrainedModel

BEGIN, LOFTQ = "init_lora_weights", "loftq"
BEGINNINGS = ("gaussian", LOFTQ)  # what an adapter may begin with, besides peft's default (true)
# peft's others change the base under the adapter, or need rows: what is written is no adapter for the base any more
CHANGES_BASE = ("pissa", "olora", "corda", "lora_ga", "mica", "orthogonal", "eva")
EMBEDDINGS = ("embed_tokens", "lm_head", "wte", "embed_in", "embed_out")


def fault_of(settings: Json, quantization: Json | None) -> str | None:
    """Return what is wrong with a recipe's `lora` on any machine, behind the part's name; None where nothing is."""
    begin = settings.get(BEGIN, True)
    if settings.get("ensure_weight_tying"):
        return (
            "ensure_weight_tying: with it peft 0.21 adds an adapter of tied embeddings twice when it is merged; leave "
            "it out, and the embeddings out of target_modules"
        )
    if isinstance(begin, str) and begin.startswith("pissa_niter"):
        return (
            f"{BEGIN}: '{begin}' begins with other numbers each time and takes them out of the base, so that peft "
            "cannot load the adapter again; leave it out, or take loftq"
        )
    if isinstance(begin, str) and begin in CHANGES_BASE:
        return f"{BEGIN}: '{begin}' is not supported: base and adapter would have to be kept together; leave it out"
    if begin is not True and begin not in BEGINNINGS:
        return f"{BEGIN}: {begin!r} is not one of true, {', '.join(BEGINNINGS)}{nearest(str(begin), BEGINNINGS)}"
    bits = quantization or {}
    if begin == LOFTQ and not (bits.get("load_in_4bit") and bits.get("bnb_4bit_quant_type") == "nf4"):
        return (
            f"{BEGIN}: '{LOFTQ}' begins with what 4 bits lose of each weight; set quantization.load_in_4bit and "
            "bnb_4bit_quant_type: nf4"
        )
    return None


def check_start(folder: Path) -> None:
    """Raise UserError for an adapter, of whatever origin, that cannot be trained on: it is none for the base alone."""
    begin = read_json(folder / CONFIG).get(BEGIN) if (folder / CONFIG).is_file() else None
    if isinstance(begin, str) and begin.startswith(CHANGES_BASE):
        raise UserError(
            f"{folder}: the adapter began with '{begin}' (lora.{BEGIN}), which changes the base under it, so that on "
            "the base as it is policy and reference would both be other models; train it anew without that"
        )


def check_lora(settings: Json) -> None:
    """Raise UserError for a `lora` key that peft does not know; what it knows may still be refused (`fault_of`)."""
    import inspect

    from peft import LoraConfig

    known = list(inspect.signature(LoraConfig).parameters)
    for key in settings:
        if key not in known:
            raise UserError(f"recipe.lora: peft's LoraConfig has no argument '{key}'{nearest(key, known)}")


def _check_untied(targets: list[str], model: PreTrainedModel) -> None:
    """Raise UserError for an adapter on embeddings that are input and output at once."""
    tied = getattr(getattr(model, "config", None), "tie_word_embeddings", False)
    for target in targets if tied else ():
        if target.rsplit(".", 1)[-1] in EMBEDDINGS:
            raise UserError(f"recipe.lora.target_modules: {tied_fault(target, 'the model')}")


def tied_fault(target: str, model: str) -> str:
    """Return what is wrong with an adapter on tied embeddings."""
    return (
        f"{model} has its embeddings tied, so that '{target}' is input and output at once, and peft 0.21 merges its "
        "adapter twice; leave it out"
    )


def lora_config(settings: Json, model: PreTrainedModel) -> LoraConfig:
    """Return peft's LoraConfig; each target module must exist in the model (peft itself asks for one of them only)."""
    import torch
    from peft import LoraConfig

    check_lora(settings)
    targets = settings.get("target_modules")
    if isinstance(targets, list):
        _check_untied(targets, model)
        linear = {name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
        for target in targets:
            if not any(name == target or name.endswith(f".{target}") for name in linear):
                known = {name.rsplit(".", 1)[-1] for name in linear}
                raise UserError(
                    f"recipe.lora.target_modules: the model has no layer '{target}'{nearest(target, known)}"
                )
        settings = {**settings, "target_modules": sorted(targets)}
    if settings.get(BEGIN) == LOFTQ:  # `loftq.begin` does it, once the adapter is on
        settings = {name: value for name, value in settings.items() if name != BEGIN}
    try:
        return LoraConfig(**{"task_type": "CAUSAL_LM", **settings})
    except (TypeError, ValueError) as error:
        raise UserError(f"recipe.lora: {error}") from error
