"""GGUF files: what is known of one before its weights are read.

Reads a ``.gguf`` file (the package `gguf`); writes nothing. The tensors stay on disk until one is asked for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import sha256_of
from kotune.hub.gguf import check_begin

if TYPE_CHECKING:
    from gguf import ReaderTensor

TYPE_NAMES = {"MOSTLY_": "", "ALL_": ""}  # as llama.cpp writes them before the name that people use (Q4_K_M)


@dataclass(frozen=True)
class GgufFile:
    """A file's metadata by key, its tensors by name (shapes as torch has them), and where it lies."""

    path: Path
    metadata: Mapping[str, Any]
    tensors: Mapping[str, ReaderTensor]

    @property
    def architecture(self) -> str:
        """What the file says that it holds: ``llama``, ``gemma3``, …"""
        return str(self.metadata["general.architecture"])

    @property
    def quantisation(self) -> str:
        """The name that people use: ``Q4_K_M``; where the file does not say, the type of most of its values."""
        from gguf import LlamaFileType

        try:
            name = LlamaFileType(self.metadata["general.file_type"]).name
        except (KeyError, ValueError):
            sizes: Counter[str] = Counter()
            for tensor in self.tensors.values():
                sizes[tensor.tensor_type.name] += int(tensor.n_elements)
            return sizes.most_common(1)[0][0]
        for prefix, rest in TYPE_NAMES.items():
            name = name.replace(prefix, rest)
        return name

    def about(self, key: str, default: Any = None) -> Any:
        """Return the value of ``{architecture}.{key}``."""
        return self.metadata.get(f"{self.architecture}.{key}", default)


def read_gguf(path: str | os.PathLike) -> GgufFile:
    """Open a GGUF file; UserError where it is missing, cut off, or no GGUF file."""
    path = Path(path)
    check_begin(path)
    from gguf import GGUFReader

    try:
        reader = GGUFReader(path)
        metadata = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")}
        tensors = {tensor.name: tensor for tensor in reader.tensors}
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: the GGUF file is cut off or damaged ({reason}); download it again") from error
    if "general.architecture" not in metadata:
        raise UserError(f"{path}: the file names no general.architecture, so nobody can tell what model it holds")
    if "split.count" in metadata and int(metadata["split.count"]) > 1:
        raise UserError(
            f"{path}: one of {metadata['split.count']} parts of a model; join them (llama-gguf-split --merge) and name "
            "the whole file"
        )
    if not tensors:
        raise UserError(f"{path}: the file holds no tensors (a vocabulary alone is no model); name the model's file")
    return GgufFile(path, metadata, tensors)


def check_sha256(path: str | os.PathLike, expected: str | None, where: str, shown: str | None = None) -> str:
    """Return the file's SHA-256; UserError unless it is the one that ``where`` (a catalogue entry) names, if any.

    ``shown``: what the message calls the file, where its path says nothing.
    """
    found = sha256_of(path)
    if expected not in (None, found):
        raise UserError(
            f"{shown or path}: its sha256 is {found}, but {where} says {expected}; download the file again, or correct "
            "the entry if you meant this file"
        )
    return found
