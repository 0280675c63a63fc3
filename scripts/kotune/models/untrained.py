"""The untrained twin of a model: exactly its shape and its vocabulary, weights as its class initialises them by a seed.

Reads a model folder's config.json; writes nothing. What a score is worth that such a model reaches, chance decides.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.models.loading import Loaded, load_config, set_up_torch


def twin(model: Json, seed: int, compute: Json) -> Loaded:
    """Make the twin of the model of a `model` settings object on the device that ``compute`` asks for.

    It is never quantised: float32 on a CPU, else the model's `dtype`.
    """
    device = set_up_torch(compute)
    import torch
    from transformers import AutoModelForCausalLM

    dtype = "float32" if device == "cpu" else model.get("dtype") or "float32"
    torch.manual_seed(seed)
    with torch.device(device):
        made = AutoModelForCausalLM.from_config(
            load_config(model),
            dtype=getattr(torch, dtype),
            attn_implementation=model.get("attn_implementation"),
            trust_remote_code=bool(model.get("trust_remote_code", False)),
        )
    return Loaded(made.eval(), device, ["the untrained twin is not quantised"])
