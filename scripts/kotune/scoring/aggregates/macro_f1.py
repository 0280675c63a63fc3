"""Macro-F1 over the classes of the gold answers: of each class an F1, and their mean.

A score line holds ``gold`` and ``said`` besides its value. The classes are those of the gold answers of the whole
split; what was said and is no class is a miss of its gold class and no hit of another. A class that a resample does not
hold, neither as gold nor as said, is left out of that resample's mean, as scikit-learn leaves out absent labels.
Reads and writes nothing.
"""

from __future__ import annotations

import numpy as np

from kotune.core.errors import UserError
from kotune.scoring.aggregates.kind import Aggregate, Lines


def _counts(lines: Lines) -> np.ndarray:
    """Return (rows, 3 × classes): true positives, false positives and false negatives of each class."""
    for of_row in lines:
        for line in of_row:
            if "gold" not in line or "said" not in line:
                raise UserError(
                    f"macro-F1 needs 'gold' and 'said' in each score line; {line['metric']} of the row '{line['id']}' "
                    "lacks one of them: let the metric's function return both"
                )
    classes = sorted({line["gold"] for of_row in lines for line in of_row})
    places = {name: place for place, name in enumerate(classes)}
    counts = np.zeros((len(lines), 3, len(classes)))
    for row, of_row in enumerate(lines):
        for line in of_row:
            gold, said, share = places[line["gold"]], places.get(line["said"]), 1 / len(of_row)
            if gold == said:
                counts[row, 0, gold] += share
                continue
            counts[row, 2, gold] += share
            if said is not None:
                counts[row, 1, said] += share
    return counts.reshape(len(lines), -1)


def _value(totals: np.ndarray, rows: np.ndarray) -> np.ndarray:
    hits, false, missed = totals.reshape(len(totals), 3, -1).transpose(1, 0, 2)
    there = 2 * hits + false + missed
    f1 = np.divide(2 * hits, there, out=np.zeros_like(there), where=there > 0)
    return f1.sum(axis=1) / np.maximum((there > 0).sum(axis=1), 1)


macro_f1 = Aggregate(_counts, _value)
