"""How hard an instruction is to follow (IFD): the loss of a row's answer with its instruction over that without it.

Takes prompts and sums of log-probabilities as `harness.score` gives them; reads and writes nothing. Losses are means
over the answer's tokens: a ratio of 1 says that the instruction tells nothing of the answer (Li et al., 2308.12032).
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.protocols import CLEAN
from kotune.core.storage import Json
from kotune.curation.educational import DIGITS, interval

NAME = "ifd"
WITH, WITHOUT = "with", "without"  # the instruction


def requests(prompts: Sequence[Json]) -> list[Json]:
    """Return what a model is asked: each row's completion behind its prompt, and behind nothing."""
    made = []
    for prompt in prompts:
        for template, context in ((WITH, prompt["prompt"]), (WITHOUT, "")):
            named = {"task": NAME, "protocol": CLEAN, "shots": 0, "template": template, "item": prompt["id"]}
            made.append({**named, "context": context, "continuations": [prompt["completion"]]})
    return made


def difficulties(lines: Sequence[Json]) -> list[Json]:
    """Return id, both losses (nats a token) and their ratio of each row; ``lines``: of the requests, in any order."""
    losses: dict[str, dict[str, float]] = {}
    for line in lines:
        losses.setdefault(line["item"], {})[line["template"]] = -line["sums"][0] / line["tokens"][0]
    return [
        {
            "id": name,
            WITH: round(found[WITH], DIGITS),
            WITHOUT: round(found[WITHOUT], DIGITS),
            NAME: round(found[WITH] / found[WITHOUT], DIGITS) if found[WITHOUT] > 0 else None,
        }
        for name, found in losses.items()
    ]


def rank_agreement(one: Sequence[float], other: Sequence[float], units: Sequence[str], seed: int) -> Json:
    """Return Spearman's correlation of two ratings of the same rows, their count, and its 95 % interval by bootstrap.

    No correlation (None) of fewer than three rows, or where one side never changes.
    """
    import numpy as np
    from scipy.stats import rankdata

    def correlated(places: Sequence[int]) -> float:
        first, second = (rankdata([values[place] for place in places]) for values in (one, other))
        if len(places) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
            return float("nan")
        return float(np.corrcoef(first, second)[0, 1])

    value = correlated(range(len(one)))
    if value != value:
        return {"rows": len(one), "spearman": None, "interval": []}
    return {"rows": len(one), "spearman": round(value, DIGITS), "interval": interval(correlated, units, seed)}
