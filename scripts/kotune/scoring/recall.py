"""Recall of a retrieval: for what share of questions the passage that answers is among the first k that are found.

Takes passages and questions; reads and writes nothing. Questions of one article are not independent, so intervals draw
whole articles, as they do for scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kotune.core.errors import UserError
from kotune.core.storage import Json, needed, read_json
from kotune.prompts.retrieval import Retriever, ranked
from kotune.scoring import resampling

FIRST = (1, 5)  # the k
SEED, DECIMALS = 20240901, 4


@dataclass(frozen=True)
class Asked:
    """What is measured on: ``passages`` in their order, and of each question its text, its passage and its article."""

    passages: list[str]
    questions: list[str]
    places: list[int]
    articles: list[str]

    @classmethod
    def of_squad(cls, path: Path) -> Asked:
        """Return the paragraphs and questions of a file in SQuAD's layout, as they stand: one may stand twice."""
        passages, questions, places, articles = [], [], [], []
        for number, article in enumerate(needed(read_json(path), "data", path)):
            for paragraph in article["paragraphs"]:
                passages.append(paragraph["context"])
                for question in paragraph["qas"]:
                    questions.append(question["question"])
                    places.append(len(passages) - 1)
                    articles.append(str(number))
        if not questions:
            raise UserError(f"{path}: it holds no question; name KorQuAD 1.0's dev file")
        return cls(passages, questions, places, articles)


def found_at(asked: Asked, retriever: Retriever) -> np.ndarray:
    """Return at which place (from 1) each question's own passage is found; 0 where it is not among the first."""
    ranks = []
    for question, place in zip(asked.questions, asked.places, strict=True):
        first = ranked(retriever.scores(question), max(FIRST))
        ranks.append(first.index(place) + 1 if place in first else 0)
    return np.array(ranks)


def recall(asked: Asked, ranks: np.ndarray, resamples: int = resampling.RESAMPLES) -> Json:
    """Return for each k of `FIRST` the recall with its interval (95 %, articles drawn)."""
    units = resampling.make_units(len(ranks), asked.articles)
    hits = [((ranks > 0) & (ranks <= k)).astype(float) for k in FIRST]
    estimates = [resampling.mean_estimate(of_k, units) for of_k in hits]
    generator = resampling.generator_for(SEED, "recall")  # the same resamples for each retriever
    bounds = resampling.intervals_of(estimates, units, generator, resamples)
    return {
        f"recall_{k}": {
            "mean": round(float(of_k.mean()), DECIMALS),
            "low": round(low, DECIMALS),
            "high": round(high, DECIMALS),
        }
        for k, of_k, (low, high) in zip(FIRST, hits, bounds, strict=True)
    }
