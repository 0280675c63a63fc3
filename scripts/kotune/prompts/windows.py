"""Windows: a text that is longer than a model reads at once, in pieces that overlap.

Takes tokens and numbers of them; reads and writes nothing. Pieces are cut as transformers' tokenizers cut what
overflows (`return_overflowing_tokens`, `stride`): each but the first begins ``stride`` tokens before the end of the one
before it. What of a prompt stands before and behind the text, the question among it, is in each window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kotune.core.storage import Json

KEY = "windows"  # of a variant; beside the prompts: the first and the last token, plus one, of each piece of the text
STRIDE = 128  # tokens that two pieces share, where a variant does not say; of small windows a quarter
FAULT = "too long"


def cut(length: int, room: int, stride: int) -> list[tuple[int, int]]:
    """Return where the pieces of ``length`` tokens begin and end, of ``room`` tokens at most."""
    if length <= room:
        return [(0, length)]
    return [(start, min(start + room, length)) for start in range(0, length - stride, room - stride)]


@dataclass(frozen=True)
class Windows:
    """``tokens``: of a prompt that go through the model at once; ``stride``: of its text, that two windows share."""

    tokens: int
    stride: int

    @classmethod
    def of(cls, given: Json, room: int) -> Windows:
        """Return what a variant asks of a model that has so much room."""
        tokens = min(given.get("tokens", room), room)
        return cls(tokens, given.get("stride", min(STRIDE, tokens // 4)))

    def pieces(self, length: int, text: Sequence[int]) -> tuple[list[list[int]], str | None]:
        """Return the pieces of a prompt's text, none where it goes through at once, and why it cannot be read at all.

        ``length``: tokens of the prompt; ``text``: the places of its text's tokens.
        """
        if length <= self.tokens or not text:
            return [], None
        first, end = text[0], text[-1] + 1
        around = length - (end - first)
        room = self.tokens - around
        if room <= self.stride:
            return [], f"{FAULT}: {around} tokens beside the text, in windows of {self.tokens} that share {self.stride}"
        return [[first + start, first + stop] for start, stop in cut(end - first, room, self.stride)], None


def fault(given: Json) -> str | None:
    """Return what is wrong with what a variant says of its windows, or None."""
    if "tokens" in given and 2 * given.get("stride", 0) > given["tokens"]:
        return f"windows.stride: {given['stride']} is more than half of windows.tokens, {given['tokens']}; lower it"
    return None


@dataclass(frozen=True)
class Piece:
    """What of a prompt goes through the model at once.

    ``ids``: its tokens; ``tokens``: the places among them that can be pointed at; ``shift``: what such a place lacks to
    be one of the whole prompt.
    """

    ids: list[int]
    tokens: list[int]
    shift: int = 0

    def inside(self, first: int, last: int) -> tuple[int, int] | None:
        """Return the places of an answer's first and last token, given those of the whole prompt; None where cut."""
        here = first - self.shift, last - self.shift
        return here if self.tokens[0] <= here[0] and here[1] <= self.tokens[-1] else None


def pieces_of(ids: Sequence[int], text: Sequence[int], windows: Sequence[Sequence[int]]) -> list[Piece]:
    """Return a prompt in its windows; ``text``: the places that can be pointed at; no windows: the prompt at once."""
    if not windows:
        return [Piece(list(ids), list(text))]
    first, end = text[0], text[-1] + 1
    return [
        Piece([*ids[:first], *ids[a:b], *ids[end:]], [place - a + first for place in text if a <= place < b], a - first)
        for a, b in windows
    ]
