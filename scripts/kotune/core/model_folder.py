"""The files of a model's folder, by their names: its tokenizer, and the file that says that a download is whole.

Reads that file, and writes nothing.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from kotune.core.storage import Json, read_json

SNAPSHOT = "snapshot.json"  # written last by a download
TOKENIZER = ("tokenizer*.json", "tokenizer.model*", "vocab.json", "vocab.txt", "merges.txt", "spiece.model",
             "sentencepiece.bpe.model")  # fmt: skip
TOKENIZER_SETTINGS = ("special_tokens_map.json", "added_tokens.json", "chat_template*", "additional_chat_templates/*")


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a file's name fits one of the patterns; a star stays within its folder."""
    return any(name.count("/") == pattern.count("/") and fnmatchcase(name, pattern) for pattern in patterns)


def gguf_of(folder: Path) -> Json | None:
    """Return what a folder says of the GGUF file that it was made of (quantisation, file, sha256); None of others."""
    snapshot = folder / SNAPSHOT
    return read_json(snapshot).get("gguf") if snapshot.is_file() else None
