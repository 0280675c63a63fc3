"""What an exported folder holds beside its weights: tokenizer, chat template, stops; and the folder itself, whole.

Reads the base model's folder. Writes a folder under a temporary name, and renames it when it is whole: of an export
that fails, on a full disk as well, nothing stays.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import FULL, Json, explained, read_json, write_json, write_text
from kotune.export.templates import jinja_template
from kotune.hub.repository import size_text
from kotune.prompts.families import Family
from kotune.training import companions

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

TEMPLATE, SETTINGS, LEGACY = "chat_template.jinja", "tokenizer_config.json", "special_tokens_map.json"
SHARD = "5GB"
PARTIAL = ".partial"


def shown_name(folder: Path) -> str:
    """Return the name that a folder will have once it is whole."""
    return folder.name.removeprefix(".").removesuffix(PARTIAL)


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder beside ``folder`` to write to; put it in its place when the block ends well, else remove it."""
    beside = folder.with_name(f".{folder.name}{PARTIAL}")
    with explained(folder, "write"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(beside, ignore_errors=True)
        try:
            beside.mkdir()
            yield beside
            shutil.rmtree(folder, ignore_errors=True)
            beside.replace(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def check_room(folder: Path, wanted: int) -> None:
    """Raise UserError where the disk has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if wanted > free:
        place = folder.with_name(shown_name(folder))
        raise UserError(f"{place}: the export takes {size_text(wanted)}, but only {size_text(free)} are free; {FULL}")


def write_tokenizer(model: Json, family: Family, folder: Path) -> None:
    """Write the base's tokenizer, its file as it is; its settings name the family's tokens, its template is ours."""
    base = Path(model["path"])
    for path in companions.tokenizer_files(base):
        if "chat_template" in path.name:
            continue
        target = folder / path.relative_to(base)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    tokens = {"eos_token": family.stop, "pad_token": family.pad, **({"bos_token": family.bos} if family.bos else {})}
    for name in (SETTINGS, LEGACY):
        if name == SETTINGS or (folder / name).is_file():
            said = read_json(folder / name) if (folder / name).is_file() else {}
            write_json(folder / name, {**{key: said[key] for key in said if key != "chat_template"}, **tokens})
    write_text(folder / TEMPLATE, jinja_template(family))


def write_generation(tokenizer: PreTrainedTokenizerBase, generation: Json, stop: list[str], folder: Path) -> None:
    """Write how answers are generated, as the arm's are: its stops, its limit of new tokens."""
    said = companions.generation(tokenizer, stop)
    write_json(folder / companions.GENERATION, {**said, "max_new_tokens": generation["max_new_tokens"]})


def write_model(whole: PreTrainedModel, dtype: str, stop: list[int], folder: Path) -> None:
    """Write the weights in ``dtype`` and the configuration; ``stop``: the ids that end an answer."""
    import torch
    from transformers import GenerationConfig

    check_room(folder, 2 * sum(values.numel() for values in whole.parameters()))
    narrow = whole.to(getattr(torch, dtype))
    narrow.generation_config = GenerationConfig()  # ours is written over it
    narrow.save_pretrained(folder, max_shard_size=SHARD)
    config = read_json(folder / "config.json")
    config = {key: value for key, value in config.items() if key not in ("_name_or_path", "quantization_config")}
    write_json(folder / "config.json", {**config, "dtype": dtype, "eos_token_id": stop})
    for path in folder.glob("*.safetensors"):
        shutil.copymode(folder / "config.json", path)  # safetensors lets nobody else read what it writes
