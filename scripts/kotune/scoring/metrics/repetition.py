"""Metrics of an answer that does not end: cut off at the limit, a piece again and again, few different pairs of words.

Twenty characters ten times: of answers that hold a piece five times, half are lists or code; of those that hold one ten
times, nearly all loop (65 models' answers on a public Korean board). Reads and writes nothing; the signature is that of
`scoring.given`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.scoring.given import Given

PIECE = 20  # characters
TIMES = 10


def repeats(answer: str, piece: int = PIECE) -> int:
    """Return how often an answer's most frequent piece of so many characters stands in it, overlaps apart.

    White space of any length is one space.
    """
    text = " ".join(unicodedata.normalize("NFC", answer).split())
    # a piece that stands ten times apart stands at ten places at least; only those are counted without overlap
    places = Counter(text[start : start + piece] for start in range(len(text) - piece + 1))
    most = 0
    for found, times in places.most_common():
        if times <= most:
            break
        most = max(most, text.count(found))
    return most


def distinct_of(answer: str, words: int = 2) -> float:
    """Return the share of different runs of so many words among all of an answer (0..1); 1.0 where there is none."""
    said = unicodedata.normalize("NFC", answer).split()
    runs = list(zip(*(said[start:] for start in range(words)), strict=False))
    return len(set(runs)) / len(runs) if runs else 1.0


def repetition(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer holds a piece of 20 characters ten times or more (0 or 1)."""
    return [float(repeats(line["answer"]) >= TIMES) for line in lines]


def distinct_2(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return the share of different pairs of words among each answer's pairs (0..1)."""
    return [distinct_of(line["answer"]) for line in lines]


def hit_limit(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer was cut off at the limit of new tokens (0 or 1)."""
    return [float(line.get("finish_reason") == "length") for line in lines]
