"""A model folder made from a GGUF file: what later stages read like any other model.

Reads a GGUF file; writes config.json, generation_config.json, tokenizer.json, tokenizer_config.json, the weights as
safetensors, and chat_template.jinja where the file has one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core import console
from kotune.core.storage import Json, explained, write_json, write_text
from kotune.models.gguf.config import architecture_of, config_of
from kotune.models.gguf.file import GgufFile
from kotune.models.gguf.tensors import weights
from kotune.models.gguf.tokenizer import KIND, chat_template_of, end_ids, tokenizer_config_of, tokenizer_of

if TYPE_CHECKING:
    import torch

SHARD = 4 * 10**9  # bytes of weights a file
EMBEDDING = "token_embd.weight"


def _generation(file: GgufFile) -> Json:
    ends = end_ids(file)
    said = {"eos_token_id": ends[0] if len(ends) == 1 else ends or None}
    for role, name in (("bos", "bos_token_id"), ("padding", "pad_token_id")):
        number = file.metadata.get(f"{KIND}{role}_token_id")
        said[name] = None if number is None else int(number)
    return {name: value for name, value in said.items() if value is not None}


def _shards(tensors: Iterator[tuple[str, torch.Tensor]], limit: int) -> Iterator[dict[str, torch.Tensor]]:
    held: dict[str, torch.Tensor] = {}
    size = 0
    for name, values in tensors:
        if held and size + values.nbytes > limit:
            yield held
            held, size = {}, 0
        held[name] = values
        size += values.nbytes
    yield held


def _write_weights(folder: Path, tensors: Iterator[tuple[str, torch.Tensor]], limit: int) -> None:
    """Write the weights; in several files, with their index, where they are more than ``limit`` bytes."""
    from safetensors.torch import save_file

    placed: list[tuple[Path, list[str]]] = []
    total = 0
    for number, held in enumerate(_shards(tensors, limit), start=1):
        path = folder / f"model-{number:05d}.part"
        total += sum(values.nbytes for values in held.values())
        with explained(path, "write"):
            save_file(held, path, metadata={"format": "pt"})
        placed.append((path, list(held)))
    if len(placed) == 1:
        placed[0][0].replace(folder / "model.safetensors")
        return
    names = [f"model-{number:05d}-of-{len(placed):05d}.safetensors" for number in range(1, len(placed) + 1)]
    for name, (path, _) in zip(names, placed, strict=True):
        path.replace(folder / name)
    index = {tensor: name for name, (_, tensors) in zip(names, placed, strict=True) for tensor in tensors}
    write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": index})


def write_snapshot(file: GgufFile, folder: str | os.PathLike, dtype: str | None = None, shard: int = SHARD) -> Json:
    """Write the model's folder; return what its record says of the file (architecture, quantisation, values).

    ``dtype``: the weights' type (a torch name); None keeps the file's own values exactly: float32 for quantised ones.
    Raises UserError for what cannot be translated, before any weight is written.
    """
    import torch

    folder = Path(folder)
    architecture_of(file)
    tokenizer = tokenizer_of(file)
    vocabulary = int(file.tensors[EMBEDDING].shape[1]) if EMBEDDING in file.tensors else 0
    config = config_of(file, vocabulary)
    generation = _generation(file)
    cast: Callable[[torch.Tensor], torch.Tensor] = lambda one: one if dtype is None else one.to(getattr(torch, dtype))  # noqa: E731
    progress = console.Progress(f"{file.path.name}, tensors read", len(file.tensors))

    def read() -> Iterator[tuple[str, torch.Tensor]]:
        for number, (name, values) in enumerate(weights(file, config), start=1):
            progress.update(number)
            yield name, cast(values)

    with explained(folder, "write"):
        folder.mkdir(parents=True, exist_ok=True)
    _write_weights(folder, read(), shard)
    write_json(folder / "config.json", {**config, **generation, "dtype": dtype or "float32"})
    write_json(folder / "generation_config.json", generation)
    write_json(folder / "tokenizer.json", tokenizer)
    write_json(folder / "tokenizer_config.json", tokenizer_config_of(file))
    template = chat_template_of(file)
    if template is not None:
        write_text(folder / "chat_template.jinja", template)
    for path in folder.glob("*.safetensors"):
        shutil.copymode(folder / "config.json", path)  # safetensors lets nobody else read what it writes
    return {
        "architecture": file.architecture,
        "quantisation": file.quantisation,
        "values": sum(int(tensor.n_elements) for tensor in file.tensors.values()),
        "chat_template": template is not None,
        "end_ids": end_ids(file),
    }
