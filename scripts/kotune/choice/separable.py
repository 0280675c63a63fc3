"""Tokenizers that read a text word by word: for those, a text's tokens are the sum of its words' tokens.

Takes a tokenizer.json as a document; reads and writes nothing. A word that was met before need not be tokenised again,
which makes counting many times faster. A tokenizer is accepted only if that provably changes no count; other tokenizers
count whole texts.
"""

from __future__ import annotations

import re

from kotune.core.storage import Json

# before one space and a letter, behind a letter, digit or mark: no piece of the patterns below reaches across
_BEFORE, _AFTER = "[가-힣A-Za-z0-9.,]", "[가-힣A-Za-z]"
_BETWEEN_WORDS = re.compile(f"(?<={_BEFORE})(?= {_AFTER})")
_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PATTERNS = (_CONTRACTIONS + "{1,3}" + _REST, _CONTRACTIONS + _REST)  # Llama 3, Qwen 2 to 3
_SPACE = "▁"
# what a token must hold to reach across such a place; Gemma 3's one token with a mark inside, ">▁</", does not
_ACROSS = re.compile(f"{_BEFORE}{_SPACE}(?:$|{_AFTER})")


def words(text: str) -> list[str]:
    """Return the text cut between words; joined, the parts are the text."""
    return _BETWEEN_WORDS.split(text)


def is_separable(tokenizer: Json) -> bool:
    """Tell whether a text's tokens are those of its words (`words`), one after the other."""
    added = tokenizer.get("added_tokens") or []
    if tokenizer["model"].get("type") != "BPE" or tokenizer["model"].get("dropout"):
        return False
    if any(" " in one["content"] or one.get("lstrip") or one.get("rstrip") for one in added):
        return False
    return _reads_by_pattern(tokenizer) or _never_merges_across(tokenizer)


def _reads_by_pattern(tokenizer: Json) -> bool:
    """Tell whether it is a byte-level one that cuts texts by a known pattern first."""
    if (tokenizer.get("normalizer") or {"type": "NFC"}) != {"type": "NFC"}:
        return False
    cutter = tokenizer.get("pre_tokenizer") or {}
    steps = cutter.get("pretokenizers", []) if cutter.get("type") == "Sequence" else [cutter]
    if [step.get("type") for step in steps] != ["Split", "ByteLevel"]:
        return False
    split, level = steps
    by_pattern = split["pattern"].get("Regex") in PATTERNS and split["behavior"] == "Isolated" and not split["invert"]
    return by_pattern and not level.get("add_prefix_space") and not level.get("use_regex")


def _never_merges_across(tokenizer: Json) -> bool:
    """Tell whether it turns spaces into marks, and has no token that reaches from one word into the next."""
    normalizer = tokenizer.get("normalizer") or {}
    if normalizer != {"type": "Replace", "pattern": {"String": " "}, "content": _SPACE}:
        return False
    cutter = tokenizer.get("pre_tokenizer")
    if cutter is not None and not (cutter.get("type") == "Split" and cutter["pattern"] == {"String": " "}):
        return False
    vocabulary = tokenizer["model"]["vocab"]
    return _SPACE in vocabulary and not any(_ACROSS.search(token) for token in vocabulary)
