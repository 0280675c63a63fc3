"""What a way to split rows lets be copied: test answers that stand in train, and what the nearest question's gives.

Takes rows; reads and writes nothing. The same rows are split anew by row, by question and by answer, with the same
shares and seed; the nearest question is that of train with the highest cosine of TF-IDF over character bigrams, of
equals the first. Answers are equal that differ in white space and in how Hangul is composed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.core.names import TEST, TRAIN, UNIT
from kotune.core.storage import Json
from kotune.rows.prepare import split_by_unit
from kotune.rows.task import BY_ANSWER, BY_ROW, unit_of
from kotune.scoring.labels import share_of

if TYPE_CHECKING:
    import polars

BY_QUESTION = "question"
WAYS = (BY_ROW, BY_QUESTION, BY_ANSWER)
AT_ONCE = 512  # test questions that are compared with all of train at a time


def nearest(asked: Sequence[str], known: Sequence[str]) -> list[int]:
    """Return the place of each asked question's nearest among the known ones."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), dtype=np.float64)
    of_known = vectors.fit_transform(known).T.tocsc()
    of_asked = vectors.transform(asked)
    found: list[int] = []
    for start in range(0, len(asked), AT_ONCE):
        alike = (of_asked[start : start + AT_ONCE] @ of_known).toarray().round(9)  # equals must tie on any machine
        found += alike.argmax(axis=1).tolist()
    return found


def counted(train: Sequence[tuple[str, str]], test: Sequence[tuple[str, str]]) -> Json:
    """Return what a split lets be copied; both sides are (question, answer)."""
    answers = [unit_of(answer) for _, answer in train]
    golds = [unit_of(answer) for _, answer in test]
    learned = set(answers)
    near = nearest([question for question, _ in test], [question for question, _ in train])
    right = sum(answers[place] == gold for place, gold in zip(near, golds, strict=True))
    return {
        "train": len(train),
        "test": len(test),
        "answers": len(set(golds)),
        "in_train": share_of(sum(gold in learned for gold in golds), len(golds)),
        "retrieved": share_of(right, len(golds)),
    }


def compared(rows: polars.DataFrame, columns: Sequence[str], gold: str, shares: Json, path: str) -> list[Json]:
    """Return of each way to split what it lets be copied (`counted`), with its name (``by``).

    ``rows``: all rows that a study splits, in their order; ``columns``: what a question is, ``gold``: the answer;
    ``shares``: those of valid and test, and the seed. UserError, naming ``path``, where there are too few rows.
    """
    import polars as pl

    question = [" ".join(text or "" for text in of) for of in rows.select(columns).iter_rows()]
    units = {BY_ROW: rows["id"].to_list(), BY_QUESTION: map(unit_of, question), BY_ANSWER: map(unit_of, rows[gold])}
    found = []
    for way in WAYS:
        marked = pl.DataFrame({UNIT: list(units[way]), "question": question, "answer": rows[gold]})
        parts = split_by_unit(marked, shares, path, way)
        sides = [parts[split].select("question", "answer").rows() for split in (TRAIN, TEST)]
        found.append({"by": way, **counted(*sides)})
    return found
