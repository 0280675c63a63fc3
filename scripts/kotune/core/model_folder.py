"""The files of a model's folder, by their names: its tokenizer, and the file that says that a download is whole.

Reads and writes nothing.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

SNAPSHOT = "snapshot.json"  # written last by a download
TOKENIZER = ("tokenizer*.json", "tokenizer.model*", "vocab.json", "vocab.txt", "merges.txt", "spiece.model",
             "sentencepiece.bpe.model")  # fmt: skip
TOKENIZER_SETTINGS = ("special_tokens_map.json", "added_tokens.json", "chat_template*", "additional_chat_templates/*")


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a file's name fits one of the patterns; a star stays within its folder."""
    return any(name.count("/") == pattern.count("/") and fnmatchcase(name, pattern) for pattern in patterns)
