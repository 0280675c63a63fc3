"""An answer as it is written: the text that has become certain with each token, never a part of a Korean syllable.

Takes token ids and a decoder; reads and writes nothing. transformers' TextStreamer waits for the next space, as a word
may still change; here each syllable comes as soon as its last byte has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Decoder = Callable[[Sequence[int]], str]

BROKEN = "\ufffd"  # stands for bytes that are no character, or not yet
JAMO = range(0x1100, 0x1200)  # letters that join to a syllable: another may follow


class Syllables:
    """The text of one answer, as its tokens come in: `add` gives what is new, `end` what had been held back.

    ``decode`` gives the text of token ids; ``marks`` are what cuts an answer (`lines.clean`): nothing from the first of
    them on is shown, and then ``cut`` is true. The pieces together are the answer without white space around it.
    """

    def __init__(self, decode: Decoder, marks: Sequence[str] = ()) -> None:
        self.decode, self.marks = decode, tuple(marks)
        self.tokens: list[int] = []
        self.shown = ""
        self.cut = False

    def add(self, token: int) -> str:
        """Return the text that has become certain by one more token; mostly a syllable or two, or nothing yet."""
        self.tokens.append(token)
        text = self._uncut()
        if not self.cut:
            text = _certain(_before_a_mark(text, self.marks))
        return self._new(text.strip())

    def end(self, whole: bool = True) -> str:
        """Return the rest; of an answer that is not ``whole`` (it was cut off) without half a syllable."""
        text = self._uncut()
        return self._new((text if whole or self.cut else text.rstrip(BROKEN)).strip())

    def _uncut(self) -> str:
        """Return the text up to the first mark."""
        text = self.decode(self.tokens)
        found = [place for place in map(text.find, self.marks) if place >= 0]
        self.cut = bool(found)
        return text[: min(found, default=len(text))]

    def _new(self, text: str) -> str:
        """Return what a text adds to what was shown; nothing while a decoder takes back what it had said."""
        if not text.startswith(self.shown):
            return ""
        new = text[len(self.shown) :]
        self.shown = text
        return new


def _certain(text: str) -> str:
    """Return a text without what later tokens may still change: half a character, letters of an open syllable."""
    text = text.rstrip(BROKEN)
    while text and ord(text[-1]) in JAMO:
        text = text[:-1]
    return text


def _before_a_mark(text: str, marks: Sequence[str]) -> str:
    """Return a text without an end that may become one of the marks."""
    held = max((size for mark in marks for size in range(1, len(mark)) if text.endswith(mark[:size])), default=0)
    return text[: len(text) - held]
