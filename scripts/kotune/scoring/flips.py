"""Whether an answer is right by a study's rule, and how many of two contenders' answers turned, either way.

Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kotune.core.storage import Json


def is_right(rule: Json, values: Mapping[str, float]) -> bool | None:
    """Return whether an answer with these scores, by metric, is right; None where it has none of the rule's metric.

    ``rule``: ``{"metric", "at_least" or "at_most"}``, as `study.right` makes it.
    """
    value = values.get(rule["metric"])
    if value is None:
        return None
    return value >= rule["at_least"] if "at_least" in rule else value <= rule["at_most"]


def flips_of(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> dict[str, int]:
    """Return ``answers``, those right in a (``before``) and in b (``after``), and those ``broken`` and ``mended``.

    ``a``, ``b``: 1.0 for each right answer and 0.0 for each wrong one, an array (rows,) a run; a side with one run (a
    base) stands against each run of the other.
    """
    runs = max(len(a), len(b))
    before, after = (np.concatenate(list(side) * (runs // len(side))) for side in (a, b))
    return {
        "answers": len(after),
        "before": int(before.sum()),
        "broken": int((before > after).sum()),
        "mended": int((after > before).sum()),
        "after": int(after.sum()),
    }
