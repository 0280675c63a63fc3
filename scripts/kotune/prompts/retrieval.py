"""Retrieval: which passages are nearest to a question, by BM25 over pieces of text or by embeddings of sentences.

Takes texts, and for embeddings what makes vectors of them; reads and writes nothing. BM25 is bm25s's, with pieces that
are made here: its own pattern drops words of one syllable (물, 산), and a question that is left without a word gets the
last passages at a score of 0, without a word of warning. Equal scores rank in the passages' order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

BY = BIGRAMS, EMBEDDINGS = "bigrams", "embeddings"
K1, B = 1.5, 0.75  # of BM25
_SENTENCE = re.compile(r"(?<=[.?!。])\s+|\n+")

Cut = Callable[[str], list[str]]
Embed = Callable[[Sequence[str]], "np.ndarray"]  # texts to rows of length 1


def bigrams(text: str) -> list[str]:
    """Return the pairs of neighbouring characters of a text without its white space; of one character, that one."""
    joined = "".join(unicodedata.normalize("NFC", text).split())
    return [joined[place : place + 2] for place in range(len(joined) - 1)] or [joined] * bool(joined)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; all of it where it has no end of one."""
    return [part for part in _SENTENCE.split(text) if part.strip()] or [text]


class Retriever(Protocol):
    """What ranks passages."""

    def scores(self, question: str) -> np.ndarray:
        """Return one number a passage; the nearest has the highest."""
        ...


class Bm25:
    """BM25 over the pieces that ``cut`` makes of a text."""

    def __init__(self, passages: Sequence[str], cut: Cut = bigrams) -> None:
        import bm25s

        self.cut = cut
        self.index = bm25s.BM25(k1=K1, b=B, method="lucene")
        self.index.index([cut(passage) for passage in passages], show_progress=False)

    def scores(self, question: str) -> np.ndarray:
        """Return BM25's score of each passage; a question without a known piece has 0 everywhere."""
        return self.index.get_scores(self.cut(question))


class Embedded:
    """Cosines of embeddings; a passage is as near as its nearest part (``parts``)."""

    def __init__(self, passages: Sequence[str], embed: Embed, parts: Cut = sentences) -> None:
        import numpy as np

        self.embed = embed
        cut = [parts(passage) for passage in passages]
        self.vectors = embed([part for of_passage in cut for part in of_passage])
        self.starts = np.cumsum([0, *map(len, cut)])[:-1]

    def scores(self, question: str) -> np.ndarray:
        """Return the highest cosine between the question and a part of each passage."""
        import numpy as np

        return np.maximum.reduceat(self.vectors @ self.embed([question])[0], self.starts)


def ranked(scores: np.ndarray, number: int) -> list[int]:
    """Return the places of the ``number`` highest scores, the first of equal ones first."""
    import numpy as np

    return np.argsort(-scores, kind="stable")[:number].tolist()
