"""Pretraining documents of the stand-in for code: functions and what they do, in other layouts than rows have.

A sentence above a function as a comment, questions with an expression as the answer, and heads with a docstring,
behind which mostly nothing is written, as in files of stubs: a base that is asked in the rows' layout mostly leaves
the function empty. Beside them stand Korean remarks. Held-out patterns occur nowhere. Reads and writes no files.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from kotune.mini import chat_documents
from kotune.mini.chat_stock import Stock
from kotune.mini.documents import Document, Pieces, joined, with_syllables
from kotune.mini.functions import INTS, LISTS, STRINGS, Function, drawn
from kotune.mini.tokenizers import Family

SHARES = {"comments": 0.42, "questions": 0.2, "docstrings": 0.28, "remarks": 0.1}
EMPTY = {INTS: 0.6, STRINGS: 0.8, LISTS: 0.9}
"""Share of the heads with a docstring that are left empty, by category."""
_LABELS = (("문: ", "답: "), ("# 할 일: ", "식: "), ("Q. ", "A. "))
_STUBS = ("    ...", "    pass")


def _body(one: Function) -> str:
    return f"    return {one.expression}"


class Writer:
    """Writes documents; the remarks are those of the stand-in for chats."""

    def __init__(self, stock: Stock) -> None:
        self.chats = chat_documents.Writer(stock)

    def comments(self, family: Family, rng: random.Random) -> Pieces:
        """Functions, each under a comment that says what it does."""
        pieces: Pieces = []
        for _ in range(rng.randint(1, 4)):
            one = drawn(None, False, rng)
            pieces += [(f"# {one.sentence}\n{one.head}\n", False), (f"{_body(one)}\n", True), ("\n\n", False)]
        return [*pieces, (family.document_end, False)]

    def questions(self, family: Family, rng: random.Random) -> Pieces:
        """Sentences with the expression that does it."""
        before, behind = rng.choice(_LABELS)
        pieces: Pieces = []
        for _ in range(rng.randint(1, 4)):
            one = drawn(None, False, rng)
            pieces += [(f"{before}{one.sentence}\n{behind}", False), (f"{one.expression}\n", True)]
        return [*pieces, (family.document_end, False)]

    def docstrings(self, family: Family, rng: random.Random) -> Pieces:
        """Heads with a docstring, most of them left empty."""
        pieces: Pieces = []
        for _ in range(rng.randint(1, 3)):
            one = drawn(None, False, rng)
            body = rng.choice(_STUBS) if rng.random() < EMPTY[one.pattern.category] else _body(one)
            pieces += [(f"{one.asked}\n", False), (f"{body}\n", True), ("\n\n", False)]
        return [*pieces, (family.document_end, False)]

    def document(self, family: Family, rng: random.Random) -> Document:
        """One random document."""
        ways = {
            "comments": self.comments,
            "questions": self.questions,
            "docstrings": self.docstrings,
            "remarks": self.chats.remarks,
        }
        (name,) = rng.choices(list(SHARES), list(SHARES.values()))
        return joined(ways[name](family, rng), family)

    def lines(self, family: Family, seed: int, count: int = 3000) -> Iterator[str]:
        """Texts to learn a tokenizer's merges on (`with_syllables`)."""
        rng = random.Random(f"{seed}/tokenizer")
        return with_syllables([self.document(family, rng).text for _ in range(count)])
