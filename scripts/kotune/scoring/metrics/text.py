"""Metrics that compare texts: exact match, character F1 and ROUGE-L after KorQuAD 1.0's normalisation; their length.

The arithmetic is that of KorQuAD 1.0's evaluation script, as a share of 1 and not of 100; the normalisation is
`core.korquad`'s. ROUGE-L is the F1 of the longest common subsequence of characters, spaces aside: Korean words carry
particles, so that few words of two sentences that say the same are equal. What ends in ``_of`` compares two texts; the
metrics themselves have the signature that `scoring.given` describes. Reads and writes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from kotune.core.korquad import UnicodeForm, normalise
from kotune.core.storage import Json
from kotune.scoring.given import Given

# the normalisation deletes these marks as well, so that a space in their place leaves the letters as they are
_BETWEEN_NUMBERS = re.compile(r"(?<=[0-9])[-~:](?=[0-9])")
_TWO_DIGITS = re.compile(r"[0-9](?=[0-9])")


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
    """Return ROUGE-L's F1 of the two texts' characters without spaces (0..1), the best over several gold answers.

    Without a common character it is 0.0, also when both texts normalise to nothing.
    """
    from rapidfuzz.distance import LCSseq

    letters = _letters(answer, unicode_form)

    def of(gold: str) -> float:
        same = LCSseq.similarity(letters, gold)
        return 2 * same / (len(letters) + len(gold)) if same else 0.0

    return max((of(_letters(one, unicode_form)) for one in _golds(gold)), default=0.0)


def contains_gold_of(answer: str, gold: str | Sequence[str], unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return 1.0 where a normalised gold answer stands within the normalised answer, spaces aside, else 0.0.

    A gold answer that normalises to nothing is contained only where the answer does so, too. A number that is a piece
    of a longer one is not contained (0.5 in 200.5). An answer that equals a gold answer contains it, so that this is
    never less than exact match.
    """
    letters, golds = _letters(answer, unicode_form), [_letters(one, unicode_form) for one in _golds(gold)]
    if not letters:
        return float(any(not one for one in golds))
    within = _within_numbers(answer, unicode_form)
    return float(any(_stands_in(letters, one, within) for one in golds if one))


def _within_numbers(text: str, unicode_form: UnicodeForm | None) -> set[int]:
    """Return the places in a text's `_letters` that lie between two digits of one number (a range is two numbers)."""
    found, length = set(), 0
    for word in normalise(_BETWEEN_NUMBERS.sub(" ", text), unicode_form).split():
        found |= {length + pair.start() + 1 for pair in _TWO_DIGITS.finditer(word)}
        length += len(word)
    return found


def _stands_in(letters: str, gold: str, within: set[int]) -> bool:
    """Return whether a gold answer stands in a text and cuts through no number there."""
    place = letters.find(gold)
    while place >= 0 and (place in within or place + len(gold) in within):
        place = letters.find(gold, place + 1)
    return place >= 0


def _letters(text: str, unicode_form: UnicodeForm | None) -> str:
    return normalise(text, unicode_form).replace(" ", "")


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


def contains_gold(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer holds a gold answer (0 or 1)."""
    return [contains_gold_of(answer, golds) for answer, golds in given.pairs(lines, rows)]


def answer_chars(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return how many characters each answer has."""
    return [chars_of(line["answer"]) for line in lines]
