"""Tokenizers as files: control tokens, token ids in batches, the tokens of a completion after its prompt.

Reads a model folder's tokenizer.json; writes nothing. A row's own text is data, never a control token: `neutralised`.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json, explained
from kotune.prompts.families import Family

if TYPE_CHECKING:
    import tokenizers

WORD_JOINER = "\u2060"
BATCH = 1000


def control_pattern(tokens: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of a tokenizer's control tokens in a text, the longest first."""
    return re.compile("|".join(re.escape(token) for token in sorted(tokens, key=lambda token: (-len(token), token))))


def neutralised(text: str, pattern: re.Pattern[str]) -> str:
    """Return ``text`` with a word joiner (U+2060, invisible) after the first character of each control token in it.

    So "<end_of_turn>" within an article is read as the characters that it is made of, and cannot end a turn.
    """
    return pattern.sub(lambda match: match[0][0] + WORD_JOINER + match[0][1:], text)


def read_tokenizer(folder: str | Path) -> tokenizers.Tokenizer:
    """Return the tokenizer of a model folder, whatever its family; UserError where it is missing or broken."""
    from tokenizers import Tokenizer

    path = Path(folder) / "tokenizer.json"
    if not Path(folder).is_dir():
        raise UserError(f"{folder}: no such model folder; check the model's path or fetch it first")
    with explained(path, "read the tokenizer"):
        text = path.read_text(encoding="utf-8")
    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # the library raises nothing narrower
        raise UserError(f"{path}: not a whole tokenizer ({error}); fetch or make the model folder again") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def load_tokenizer(folder: str | Path, family: Family) -> tokenizers.Tokenizer:
    """Return the tokenizer of a model folder; UserError where it is missing, broken, or lacks a token of the family."""
    tokenizer = read_tokenizer(folder)
    for token in family.required_tokens:
        if tokenizer.encode(token, add_special_tokens=False).ids != [tokenizer.token_to_id(token)]:
            path = Path(folder) / "tokenizer.json"
            raise UserError(f"{path}: '{token}' is not one token of it, as the family '{family.name}' needs")
    return tokenizer


def control_tokens(tokenizer: tokenizers.Tokenizer, family: Family) -> dict[str, int]:
    """Return each control token and its id: the tokenizer's special tokens, and the family's in any case."""
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special]
    return {token: tokenizer.token_to_id(token) for token in sorted({*special, *family.required_tokens})}


def control_ids(tokenizer: tokenizers.Tokenizer, control: Mapping[str, int]) -> set[int]:
    """Return the ids that a row's text must never bring; a character unknown to the tokenizer brings none of them."""
    unknown = getattr(tokenizer.model, "unk_token", None)
    return {number for token, number in control.items() if token != unknown}


def encoded_in_batches(tokenizer: tokenizers.Tokenizer, texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the token ids of each text, with nothing added; in batches, so that memory stays small."""
    for start in range(0, len(texts), BATCH):
        for encoding in tokenizer.encode_batch_fast(list(texts[start : start + BATCH]), add_special_tokens=False):
            yield encoding.ids


def behind(prompt: list[int], whole: list[int], apart: list[int]) -> list[int]:
    """Return a completion's tokens after its prompt. ``whole``: those of both texts as one; ``apart``: its own.

    A tokenizer that opens every text with a space (Llama 2 and what was made from it) would put one before the answer
    if the completion was a text of its own. Where the two texts melt into one token, its own tokens are taken, so that
    what is asked at answering stays the beginning of what was learned.
    """
    return whole[len(prompt) :] if whole[: len(prompt)] == prompt and len(whole) > len(prompt) else apart


def summarised(counts: Sequence[int]) -> Json | None:
    """Return mean, median, 95th percentile (nearest rank) and maximum of token counts; None of nothing."""
    if not counts:
        return None
    ordered = sorted(counts)
    return {
        "mean": round(statistics.fmean(ordered), 3),
        "median": statistics.median(ordered),
        "p95": ordered[math.ceil(0.95 * len(ordered)) - 1],
        "max": ordered[-1],
    }
