"""Metrics of the reasoning behind an answer: against the row's own reasoning, and against the answer that was given.

Reads and writes nothing; the signature is that of `scoring.given`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from kotune.core.errors import UserError
from kotune.core.korquad import UnicodeForm, normalise
from kotune.core.storage import Json
from kotune.scoring.given import Given, Pair
from kotune.scoring.metrics.text import rouge_l_of

# what a conclusion begins with: 답은 …, 정답: …; the last one said counts
_SAYS = re.compile(r"(?:^|[\s\"'”’,.])(?:정답|결론|답)(?:은|는|이란|:)\s*")
# a number in digits with the marks that KorQuAD's rule deletes; a comma before three digits may come or go
_NUMBER = re.compile(r"(?:(?<![0-9A-Za-z가-힣)])-)?\.?[0-9]+(?:[-./:~,][0-9]+)*")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_SENTENCE_ENDS = re.compile(r"(?<=[^0-9\s][.!?])\s+|\n+")
# how a sentence ends behind what it concludes with
_COPULAS = (
    "",
    "다",
    "이다",
    "입니다",
    "이에요",
    "예요",
    "임",
    "였다",
    "이었다",
    "라고 할 수 있다",
    "이라고 할 수 있다",
)


def conclusion_of(reasoning: str) -> str | None:
    """Return what reasons conclude with, from the last ``답은`` (``정답은``, ``결론은``, ``답:``) to their end.

    None where they name no answer in such words.
    """
    said = list(_SAYS.finditer(reasoning))
    return _SENTENCE_ENDS.split(reasoning[said[-1].end() :].strip())[0] if said else None


def _says_numbers_of(text: str, answer: str) -> bool:
    """Return whether a text says an answer's numbers, in their order: the rule for words deletes points and signs."""
    there, asked = (_NUMBER.findall(_THOUSANDS.sub("", said)) for said in (text, answer))
    return any(there[start : start + len(asked)] == asked for start in range(len(there) - len(asked) + 1))


def consistency_of(answer: str, reasoning: str, unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return 1.0 where the reasons conclude with the answer, and that is not empty; else 0.0.

    What they conclude with (`conclusion_of`) must be the answer, spaces, marks and a copula (``…이다``) aside. Where
    they name no answer, their last sentence must hold it as words of its own: no letter or digit before it, no digit
    behind it. Either way its numbers must be those of the answer (3.5% is not 35%). That an answer is somewhere in the
    reasons, in the sentence that they quote for one, counts for nothing.
    """
    if unicode_form is not None:
        answer, reasoning = (unicodedata.normalize(unicode_form, text) for text in (answer, reasoning))
    said, concluded = normalise(answer, None).replace(" ", ""), conclusion_of(reasoning)
    if not said:
        return 0.0
    if concluded is not None:
        if not _says_numbers_of(concluded, answer):
            return 0.0
        words = normalise(concluded, None).replace(" ", "")
        return float(any(words == said + copula.replace(" ", "") for copula in _COPULAS))
    sentence = _SENTENCE_ENDS.split(reasoning.strip())[-1]
    last = normalise(sentence, None)
    spaced = r"\s*".join(map(re.escape, said))
    return float(_says_numbers_of(sentence, answer) and re.search(rf"(?<![\w]){spaced}(?![0-9])", last) is not None)


def _given_reasonings(lines: Iterable[Json], metric: str) -> list[str]:
    """Return each answer's reasoning; UserError where an answer was given without any."""
    found = []
    for line in lines:
        if not isinstance(line.get("reasoning"), str):
            raise UserError(
                f"metric '{metric}' cannot be computed: the answer for the row '{line['id']}' of '{line['split']}' has "
                "no 'reasoning'; answer with a prompt whose parts name it, or leave the metric out"
            )
        found.append(line["reasoning"])
    return found


def _gold_reasonings(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[str]:
    """Return each row's own reasoning; UserError where a row, or all of them, have none."""
    column = given.reasoning
    if column is None:
        raise UserError(f"metric '{given.metric}' cannot be computed: rows of this task have no reasoning")
    for line, row in zip(lines, rows, strict=True):
        if not row.get(column):
            what = "is empty" if column in row else "is no column of them"
            raise UserError(
                f"metric '{given.metric}' cannot be computed: rows of '{line['split']}', '{row['id']}': {column} "
                f"{what}; give each row its reasoning, or leave the metric out"
            )
    return [row[column] for row in rows]


def _pairs(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[Pair]:
    golds = [[gold] for gold in _gold_reasonings(lines, rows, given)]
    return list(zip(_given_reasonings(lines, given.metric), golds, strict=True))


def consistency(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each reasoning concludes with the answer that it is given for (0 or 1)."""
    answers = [line["answer"] for line in lines]
    return list(map(consistency_of, answers, _given_reasonings(lines, given.metric)))


def reasoning_similarity(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return each reasoning's similarity to the row's own (-1..1)."""
    return given.similarities(_pairs(lines, rows, given))


def reasoning_rouge_l(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return each reasoning's ROUGE-L to the row's own (0..1)."""
    return [rouge_l_of(reasoning, golds) for reasoning, golds in _pairs(lines, rows, given)]
