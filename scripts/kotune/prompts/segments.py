"""Segments: a text with a space at each border of its morphemes, and the way back to the text as it was written.

Takes texts; reads and writes nothing. Kiwi (kiwipiepy) says where the borders are, and nothing else of it is used: the
forms that it gives its morphemes, and what it joins of them, are other texts (kiwipiepy 0.24.1 gives 9.5 % of KorQuAD's
paragraphs back, and changes particles behind numbers). So a segmented text has the characters of the text in their
order, and more white space, and an answer in segments can be looked up in its text by everything but white space.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from kotune.core.storage import Json

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

KEY = "segment"  # of a prompt variant
BY = ("kiwi",)  # what can segment
COLUMN = "written"  # beside the prompts: the text in which an answer in segments is looked up


@cache
def _kiwi() -> Kiwi:
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1)


def _borders(text: str) -> list[int]:
    """Return the places between two morphemes; one within a morpheme is none, for two can share a syllable (했)."""
    tokens = [(token.start, token.end) for token in _kiwi().tokenize(text)]
    inside = {place for start, end in tokens for place in range(start + 1, end)}
    return sorted({place for span in tokens for place in span} - inside - {0, len(text)})


def segmented(text: str) -> str:
    """Return a text, in NFC, with a space at each border of its morphemes that has no white space yet."""
    text = unicodedata.normalize("NFC", text)
    pieces, last = [], 0
    for place in _borders(text):
        if not text[place - 1].isspace() and not text[place].isspace():
            pieces.append(text[last:place])
            last = place
    return " ".join([*pieces, text[last:]])


def restored(answer: str, written: str) -> str | None:
    """Return an answer in segments as it is written in a text, at the first place; None where it does not stand there.

    White space is not compared, on either side; the text's own is given back.
    """
    text = unicodedata.normalize("NFC", written)
    places = [place for place, character in enumerate(text) if not character.isspace()]
    wanted = "".join(unicodedata.normalize("NFC", answer).split())
    found = "".join(text[place] for place in places).find(wanted)
    if not wanted or found < 0:
        return None
    return text[places[found] : places[found + len(wanted) - 1] + 1]


def morphemes(text: str) -> list[tuple[str, str]]:
    """Return the morphemes of a text as Kiwi writes them, each with its tag: to look for, not to read."""
    return [(token.form, token.tag) for token in _kiwi().tokenize(unicodedata.normalize("NFC", text))]


def kept_of(golds: Sequence[tuple[str, str]]) -> Json:
    """Return what cutting does to gold answers (each with its text): the shares that still stand there, and given back.

    ``paragraphs_joined``: the share of the texts that Kiwi's own way back gives as they were.
    """
    cut = {text: segmented(text) for _, text in golds}
    kiwi, counts = _kiwi(), {"as_it_is": 0, "in_segments": 0, "given_back": 0}
    for gold, text in golds:
        counts["as_it_is"] += gold in cut[text]
        counts["in_segments"] += segmented(gold) in cut[text]
        counts["given_back"] += restored(segmented(gold), text) == gold
    joined = sum(kiwi.join(kiwi.tokenize(text)) == text for text in cut)
    shares = {name: round(count / len(golds), 4) for name, count in counts.items()}
    return {"golds": len(golds), **shares, "paragraphs_joined": round(joined / len(cut), 4)}
