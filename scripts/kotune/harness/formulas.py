"""lm-evaluation-harness's own formulas (0.4.13): accuracy, macro-F1, standard errors, and a group of tasks.

Takes numbers; reads and writes nothing. The order of the sums is the harness's, so that no digit differs from its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def mean(values: Sequence[float]) -> float:
    """Return the mean as the harness takes it: accuracy, of 0 and 1."""
    return sum(values) / len(values)


def mean_stderr(values: Sequence[float]) -> float | None:
    """Return the standard error of the mean: the sample's standard deviation over the root of n; None of one item."""
    if len(values) < 2:
        return None
    middle = mean(values)
    deviation = math.sqrt(sum([(value - middle) ** 2 for value in values]) / (len(values) - 1))
    return deviation / math.sqrt(len(values))


def f1_parts(golds: Sequence[int], said: Sequence[int], classes: int) -> np.ndarray:
    """Return (items, 3 × classes): of each item, and each class, whether it is a hit, a false one, a missed one."""
    parts = np.zeros((len(golds), 3, classes))
    items, golds, said = np.arange(len(golds)), np.asarray(golds, dtype=int), np.asarray(said, dtype=int)
    right = golds == said
    parts[items[right], 0, golds[right]] = 1
    parts[items[~right], 1, said[~right]] = 1
    parts[items[~right], 2, golds[~right]] = 1
    return parts.reshape(len(golds), -1)


def macro_f1(golds: Sequence[int], said: Sequence[int]) -> float:
    """Return macro-F1 as scikit-learn has it: the mean over the classes that are gold or were said.

    The harness gives it no standard error.
    """
    golds, said = np.asarray(golds, dtype=int), np.asarray(said, dtype=int)
    classes = np.union1d(golds, said)
    of_class = [
        2.0 * int(((golds == one) & (said == one)).sum()) / (int((golds == one).sum()) + int((said == one).sum()))
        for one in classes
    ]
    return float(np.average(np.array(of_class)))


def group_mean(values: Sequence[float], sizes: Sequence[int]) -> float:
    """Return a group's number: the mean of its tasks' numbers, weighted by how many items each has."""
    return sum(value * size for value, size in zip(values, sizes, strict=True)) / sum(sizes)


def group_stderr(stderrs: Sequence[float], sizes: Sequence[int]) -> float:
    """Return a group's standard error, from the pooled variance of its tasks."""
    pooled = sum([(size - 1) * stderr**2 * size for size, stderr in zip(sizes, stderrs, strict=True)])
    return float(np.sqrt(pooled / (sum(sizes) - len(sizes)) / sum(sizes)))
