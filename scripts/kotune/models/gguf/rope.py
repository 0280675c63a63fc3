"""How positions are scaled, read from a GGUF file: transformers' reader (5.23) drops all of it.

Reads nothing but the opened file; writes nothing.
"""

from __future__ import annotations

import math

import numpy as np

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.models.gguf.file import GgufFile

SCALING = "rope.scaling."
YARN = {
    "attn_factor": "attention_factor",
    "yarn_attn_factor": "attention_factor",
    "yarn_beta_fast": "beta_fast",
    "yarn_beta_slow": "beta_slow",
}
# Llama 3.1's and 3.2's; the file holds only what they come to for each frequency
LOW, HIGH = 1.0, 4.0
TRAINED = tuple(2**power for power in range(10, 18))  # windows that a model was first trained with
CLOSE = 1e-4  # of factors that were written in float32


def scaling_of(file: GgufFile) -> Json | None:
    """Return transformers' entries for ``rope.scaling.*``; None where positions are not scaled."""
    said = {
        key.removeprefix(f"{file.architecture}.{SCALING}"): value
        for key, value in file.metadata.items()
        if key.startswith(f"{file.architecture}.{SCALING}")
    }
    kind, factor = said.pop("type", "none"), said.pop("factor", None)
    said.pop("finetuned", None)  # whether the model was tuned with it changes nothing
    original = said.pop("original_context_length", None)
    if kind == "none":
        found = None
    elif kind == "linear":
        found = {"rope_type": "linear", "factor": float(_factor(file, factor))}
    elif kind == "yarn":
        found = {"rope_type": "yarn", "factor": float(_factor(file, factor))}
        if original is not None:
            found["original_max_position_embeddings"] = int(original)
        found |= {name: said.pop(key) for key, name in YARN.items() if key in said}
    else:
        raise UserError(f"{file.path}: {file.architecture}.{SCALING}type is '{kind}'; none, linear and yarn are known")
    if said:
        key = next(iter(said))
        raise UserError(
            f"{file.path}: {file.architecture}.{SCALING}{key} = {said[key]!r} has no place in a '{kind}' scaling; take "
            "the model's safetensors"
        )
    return found


def _factor(file: GgufFile, factor: float | None) -> float:
    if factor is None or not factor > 0:
        raise UserError(f"{file.path}: {file.architecture}.{SCALING}factor is {factor}; download the file again")
    return factor


def llama3_factors(head: int, theta: float, factor: float, original: int) -> np.ndarray:
    """Return by how much Llama 3.1 divides each frequency of a head: (head / 2,)."""
    waves = 2 * math.pi * theta ** (np.arange(0, head, 2, dtype=np.float64) / head)
    smooth = (original / waves - LOW) / (HIGH - LOW)
    between = 1 / ((1 - smooth) / factor + smooth)
    return np.where(waves < original / HIGH, 1.0, np.where(waves > original / LOW, factor, between))


def llama3_scaling(file: GgufFile, head: int, theta: float) -> Json:
    """Return the scaling of Llama 3.1 and later that gives the factors in ``rope_freqs.weight``.

    Raises UserError where none does: a model with other frequencies would answer wrongly.
    """
    factors = np.asarray(file.tensors["rope_freqs.weight"].data, dtype=np.float64).reshape(-1)
    factor = float(factors.max())
    if factors.shape == (head // 2,):
        for original in TRAINED:
            if np.allclose(factors, llama3_factors(head, theta, round(factor, 4), original), rtol=CLOSE):
                return {
                    "rope_type": "llama3",
                    "factor": round(factor, 4),
                    "low_freq_factor": LOW,
                    "high_freq_factor": HIGH,
                    "original_max_position_embeddings": original,
                }
    raise UserError(
        f"{file.path}: rope_freqs.weight holds {len(factors)} factors up to {factor:g} that are not Llama 3's; take "
        "the model's safetensors"
    )
