"""Metrics that compare texts: exact match, character F1 and ROUGE-L after KorQuAD 1.0's normalisation; their length.

The arithmetic is that of KorQuAD 1.0's evaluation script, as a share of 1 and not of 100. One thing is added, which the
script does not have and ``unicode_form=None`` takes away: texts are brought to NFC first, so that the same Korean word
typed as letters (NFD, as macOS writes it) is the same word. ROUGE-L is the F1 of the longest common subsequence of
words, which are what white space separates. What ends in ``_of`` compares two texts; the metrics themselves have the
signature that `scoring.given` describes. Reads and writes nothing.
"""

from __future__ import annotations

import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from kotune.core.storage import Json
from kotune.scoring.given import Given

UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]
# the script turns these marks into spaces and deletes the rest of ASCII punctuation; no other mark is touched
_BLANKED = str.maketrans(dict.fromkeys("'\"《》<>〈〉()‘’", " "))
_DELETED = str.maketrans("", "", string.punctuation)


def normalise(text: str, unicode_form: UnicodeForm | None = "NFC") -> str:
    """Return the text as KorQuAD 1.0 compares it: quotes and brackets blanked, lower case, other marks deleted."""
    if unicode_form is not None:
        text = unicodedata.normalize(unicode_form, text)
    return " ".join(text.translate(_BLANKED).lower().translate(_DELETED).split())


def _golds(gold: str | Sequence[str]) -> Sequence[str]:
    return (gold,) if isinstance(gold, str) else gold


def exact_match_of(answer: str, gold: str | Sequence[str], unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return 1.0 when the normalised answer equals a normalised gold answer (spaces count), else 0.0.

    Two texts that normalise to nothing are equal, as in the script.
    """
    answer = normalise(answer, unicode_form)
    return float(any(answer == normalise(one, unicode_form) for one in _golds(gold)))


def _overlap_f1(answer: Counter[str], gold: Counter[str]) -> float:
    same = (answer & gold).total()
    if same == 0:
        return 0.0
    precision, recall = same / answer.total(), same / gold.total()
    return 2 * precision * recall / (precision + recall)


def char_f1_of(answer: str, gold: str | Sequence[str], unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return the F1 of the two texts' characters (0..1), the best over several gold answers.

    Characters are counted without spaces and without order (``가나다`` equals ``다나가``). Without a common character
    it is 0.0, also when both texts normalise to nothing, as in the script.
    """
    letters = Counter(normalise(answer, unicode_form).replace(" ", ""))
    golds = (Counter(normalise(one, unicode_form).replace(" ", "")) for one in _golds(gold))
    return max((_overlap_f1(letters, one) for one in golds), default=0.0)


def rouge_l_of(answer: str, gold: str | Sequence[str], unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return ROUGE-L's F1 of the two texts' words (0..1), the best over several gold answers.

    Without a common word it is 0.0, also when both texts normalise to nothing.
    """
    from rapidfuzz.distance import LCSseq

    words = normalise(answer, unicode_form).split()

    def of(gold: list[str]) -> float:
        same = LCSseq.similarity(words, gold)
        return 2 * same / (len(words) + len(gold)) if same else 0.0

    return max((of(normalise(one, unicode_form).split()) for one in _golds(gold)), default=0.0)


def chars_of(answer: str, unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return how many characters an answer has, spaces included; a composed syllable is one."""
    return float(len(answer if unicode_form is None else unicodedata.normalize(unicode_form, answer)))


def exact_match(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return each answer's exact match (0 or 1)."""
    return [exact_match_of(answer, golds) for answer, golds in given.pairs(lines, rows)]


def char_f1(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return each answer's character F1 (0..1)."""
    return [char_f1_of(answer, golds) for answer, golds in given.pairs(lines, rows)]


def rouge_l(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return each answer's ROUGE-L (0..1)."""
    return [rouge_l_of(answer, golds) for answer, golds in given.pairs(lines, rows)]


def answer_chars(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return how many characters each answer has."""
    return [chars_of(line["answer"]) for line in lines]
