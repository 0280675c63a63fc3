"""Score answers against gold answers: exact match, character F1 and ROUGE-L after KorQuAD 1.0's normalisation.

Reads rows (Parquet, one file a split) and answer files (JSON lines); gives score lines
``{"id", "split", "metric", "value"}``. The arithmetic is that of KorQuAD 1.0's evaluation script, as a share of 1 and
not of 100. One thing is added, which the script does not have and ``unicode_form=None`` takes away: texts are brought
to NFC first, so that the same Korean word typed as letters (NFD, as macOS writes it) is the same word. ROUGE-L is the
F1 of the longest common subsequence of words, which are what white space separates. A reasoning is scored against the
row's ``cot_answer``, and its consistency against the answer that it is given for.
"""

from __future__ import annotations

import math
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.scoring.answer_files import gold_answers

UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]
Pair = tuple[str, Sequence[str]]  # an answer and the gold answers of its row
OF_ANSWER = ("exact_match", "char_f1", "similarity", "rouge_l", "answer_chars")
OF_REASONING = ("reasoning_similarity", "reasoning_rouge_l", "consistency")
METRICS = OF_ANSWER + OF_REASONING
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


def exact_match(answer: str, gold: str | Sequence[str], unicode_form: UnicodeForm | None = "NFC") -> float:
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


def char_f1(answer: str, gold: str | Sequence[str], unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return the F1 of the two texts' characters (0..1), the best over several gold answers.

    Characters are counted without spaces and without order (``가나다`` equals ``다나가``). Without a common character
    it is 0.0, also when both texts normalise to nothing, as in the script.
    """
    letters = Counter(normalise(answer, unicode_form).replace(" ", ""))
    golds = (Counter(normalise(one, unicode_form).replace(" ", "")) for one in _golds(gold))
    return max((_overlap_f1(letters, one) for one in golds), default=0.0)


def rouge_l(answer: str, gold: str | Sequence[str], unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return ROUGE-L's F1 of the two texts' words (0..1), the best over several gold answers.

    Without a common word it is 0.0, also when both texts normalise to nothing.
    """
    from rapidfuzz.distance import LCSseq

    words = normalise(answer, unicode_form).split()

    def of(gold: list[str]) -> float:
        same = LCSseq.similarity(words, gold)
        return 2 * same / (len(words) + len(gold)) if same else 0.0

    return max((of(normalise(one, unicode_form).split()) for one in _golds(gold)), default=0.0)


def answer_chars(answer: str, unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return how many characters an answer has, spaces included; a composed syllable is one."""
    return float(len(answer if unicode_form is None else unicodedata.normalize(unicode_form, answer)))


def consistency(answer: str, reasoning: str, unicode_form: UnicodeForm | None = "NFC") -> float:
    """Return 1.0 where the normalised reasoning contains the normalised answer, and that is not empty; else 0.0."""
    said = normalise(answer, unicode_form)
    return float(bool(said) and said in normalise(reasoning, unicode_form))


def _reasonings(answers: Iterable[Json], metric: str) -> list[str]:
    """Return each answer's reasoning; UserError where an answer was given without any."""
    found = []
    for line in answers:
        if not isinstance(line.get("reasoning"), str):
            raise UserError(
                f"metric '{metric}' cannot be computed: the answer for the row '{line['id']}' of '{line['split']}' has "
                "no 'reasoning'; answer with a prompt whose parts name it, or leave the metric out"
            )
        found.append(line["reasoning"])
    return found


def _gold_reasonings(rows: dict[str, list[Json]], metric: str) -> list[str]:
    """Return each row's ``cot_answer``; UserError where a row, or all of them, have none."""
    for split, of_split in rows.items():
        for row in of_split:
            if not row.get("cot_answer"):
                what = "is empty" if "cot_answer" in row else "is no column of them"
                raise UserError(
                    f"metric '{metric}' cannot be computed: rows of '{split}', '{row['id']}': cot_answer {what}; give "
                    "each row its reasoning, or leave the metric out"
                )
    return [row["cot_answer"] for of_split in rows.values() for row in of_split]


def _column(
    metric: str,
    lines: Sequence[Json],
    golds: Sequence[Sequence[str]],
    rows: dict[str, list[Json]],
    similarities: Callable[[list[Pair]], list[float]] | None,
) -> list[float]:
    """Return the values of one metric, one for each line."""
    if metric not in METRICS:
        raise UserError(f"metric '{metric}' cannot be computed{nearest(metric, METRICS)}")
    if metric.endswith("similarity") and similarities is None:
        raise UserError(f"metric '{metric}' cannot be computed: no embedder was given")
    given = [line["answer"] for line in lines]
    if metric == "answer_chars":
        return list(map(answer_chars, given))
    if metric == "consistency":
        return list(map(consistency, given, _reasonings(lines, metric)))
    if metric in OF_REASONING:
        given, golds = _reasonings(lines, metric), [[gold] for gold in _gold_reasonings(rows, metric)]
    pairs: list[Pair] = list(zip(given, golds, strict=True))
    if metric.endswith("similarity"):
        assert similarities is not None
        return similarities(pairs)
    of_pair = {"exact_match": exact_match, "char_f1": char_f1}.get(metric, rouge_l)
    return [of_pair(answer, gold) for answer, gold in pairs]


def score_rows(
    answers: dict[tuple[str, str], Json],
    rows: dict[str, list[Json]],
    metrics: Sequence[str],
    similarities: Callable[[list[Pair]], list[float]] | None = None,
) -> list[Json]:
    """Score each row of ``rows`` and return score lines: by split, then row, then metric, all in the order given.

    ``answers`` are keyed by (split, id) and hold a line for each row (`require_same_rows` has looked). ``similarities``
    gives one value for each (answer, gold answers) pair, and for each (reasoning, gold reasoning). Raises UserError for
    a row without gold answers, an unknown metric, one that wants what is not there, and a value that is no number.
    """
    keys = [(split, row["id"]) for split, of_split in rows.items() for row in of_split]
    golds = [gold_answers(row, split) for split, of_split in rows.items() for row in of_split]
    of_rows = [answers[key] for key in keys]
    columns = {metric: _column(metric, of_rows, golds, rows, similarities) for metric in metrics}
    lines = []
    for number, (split, name) in enumerate(keys):
        for metric in metrics:
            value = columns[metric][number]
            if not math.isfinite(value):
                raise UserError(f"{metric} of the row '{name}' of '{split}' is {value}, which is no score")
            lines.append({"id": name, "split": split, "metric": metric, "value": value})
    return lines


def mean_scores(lines: Iterable[Json]) -> dict[str, dict[str, float]]:
    """Return ``{split: {metric: mean}}`` of score lines."""
    values: dict[str, dict[str, list[float]]] = {}
    for line in lines:
        values.setdefault(line["split"], {}).setdefault(line["metric"], []).append(line["value"])
    return {
        split: {metric: math.fsum(column) / len(column) for metric, column in of_split.items()}
        for split, of_split in values.items()
    }
