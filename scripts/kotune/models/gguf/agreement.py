"""How far two programs agree that run the same model: their token ids on a text, and their logits position by position.

Takes ids and logits; reads and writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from kotune.core.storage import Json


def first_difference(one: Sequence[int], other: Sequence[int]) -> int | None:
    """Return the first place at which two lists of ids differ; None where they are equal."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return None if len(one) == len(other) else min(len(one), len(other))


def windows(ids: Sequence[int], first: Sequence[int], size: int, positions: int) -> Iterator[list[int]]:
    """Yield windows of ``size`` ids, each behind the ids ``first`` (BOS), until ``positions`` ids are predicted.

    A window of n ids predicts n - 1; the last one is shorter where fewer are asked for or left.
    """
    step = size - len(first)
    for start in range(0, len(ids), step):
        window = [*first, *ids[start : start + step]][: positions + 1]
        if len(window) < 2:
            return
        positions -= len(window) - 1
        yield window


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the log-softmax of (positions, vocabulary) logits, in float32."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True, dtype=np.float64)).astype(np.float32)


@dataclass
class Agreement:
    """What is gathered over all positions, a part of the text after the other; log-probabilities are natural ones."""

    positions: int = 0
    same: int = 0
    differences: list[np.ndarray] = field(default_factory=list)
    sums: tuple[float, float] = (0.0, 0.0)

    def add(self, one: np.ndarray, other: np.ndarray, following: np.ndarray) -> None:
        """Add the logits of both programs, each (positions, vocabulary), and the ids that really follow."""
        place = np.arange(len(following))
        own = [log_probabilities(logits)[place, following].astype(np.float64) for logits in (one, other)]
        self.positions += len(following)
        self.same += int((one.argmax(axis=-1) == other.argmax(axis=-1)).sum())
        self.differences.append(np.abs(own[0] - own[1]))
        self.sums = (self.sums[0] + float(own[0].sum()), self.sums[1] + float(own[1].sum()))

    def result(self) -> Json:
        """Return the share of equal argmaxes, how far the following tokens' log-probabilities differ, perplexities."""
        apart = np.concatenate(self.differences)
        return {
            "positions": self.positions,
            "argmax_equal": self.same / self.positions,
            "logprob_difference": {"mean": float(apart.mean()), "max": float(apart.max())},
            "perplexity": {
                name: math.exp(-total / self.positions)
                for name, total in zip(("transformers", "llama.cpp"), self.sums, strict=True)
            },
        }


def compared(one: Iterable[np.ndarray], other: Iterable[np.ndarray], texts: Sequence[Sequence[int]]) -> Json:
    """Return how far two programs agree on windows of ids.

    ``one`` and ``other`` give the logits of each window's positions, in parts of equal sizes; what is behind a window's
    last id is not counted, for nothing follows it.
    """
    gathered, following = Agreement(), [np.asarray(ids[1:]) for ids in texts]
    place, number = 0, 0
    for left, right in zip(one, other, strict=True):
        ends = place + len(left) == len(texts[number])
        take = len(left) - ends
        if take:
            gathered.add(left[:take], right[:take], following[number][place : place + take])
        place, number = (0, number + 1) if ends else (place + len(left), number)
    return gathered.result()
