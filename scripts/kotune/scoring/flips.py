"""How many answers of two contenders turned from wrong to right, and from right to wrong. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


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
