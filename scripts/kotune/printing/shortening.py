"""Shorten a text for readers: its beginning, a note that says how long it is, and its end. Reads and writes nothing.

A context of a hundred thousand characters makes no table and no page. CSV files and answer files keep the whole text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_JAMO_THAT_JOIN = range(0x1160, 0x1200)  # vowels and finals: they belong to the letter before them


@dataclass(frozen=True)
class Room:
    """How much of a text is shown: up to ``whole`` characters and ``lines`` lines all of it, else two parts of it."""

    whole: int
    head: int
    tail: int
    lines: int = 40


PASSAGE = Room(whole=1500, head=700, tail=300)  # a context or a prompt that stands for itself on a page
CELL = Room(whole=600, head=300, tail=100)  # a cell of a table
NAME = Room(whole=80, head=40, tail=20, lines=1)  # what only names a row


def _joins(char: str) -> bool:
    """Return whether a character belongs to the one before it, so that nothing may be cut between them."""
    return unicodedata.category(char).startswith("M") or ord(char) in _JAMO_THAT_JOIN or char == "\u200d"


def _beginning(text: str, size: int, lines: int) -> str:
    """Return at most ``size`` characters and ``lines`` lines from the start; a letter is never cut in two."""
    while size and _joins(text[size]):
        size -= 1
    return "\n".join(text[:size].split("\n")[:lines])


def _end(text: str, size: int, lines: int) -> str:
    """Return at most ``size`` characters and ``lines`` lines from the end; a letter is never cut in two."""
    start = len(text) - size
    while start < len(text) and _joins(text[start]):
        start += 1
    return "\n".join(text[start:].split("\n")[-lines:])


def shortened(text: str, room: Room) -> str:
    """Return a text as it is, or its two ends with a note between them: ``… (shortened, 12,345 characters) …``."""
    if len(text) <= room.whole and text.count("\n") < room.lines:
        return text
    head = min(room.head, len(text) // 2)
    tail = min(room.tail, len(text) // 4)
    start = _beginning(text, head, max(1, room.lines // 2)).rstrip()
    end = _end(text, tail, max(1, room.lines // 4)).lstrip()
    return f"{start} … (shortened, {len(text):,} characters) … {end}"
