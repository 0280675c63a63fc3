"""When an answer counts as right: the one rule by which rows are counted that tuning broke or mended.

A study or an evaluation may name it (`right`: a metric and the least or the most that a right answer scores). Else
exact match decides where it is measured, else the primary metric. Jobs get the rule with their settings and apply it
(`scoring.flips`), so that none hashes the list of metrics. Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json
from kotune.study.metrics import metric_named

EXACT = "exact_match"
HALF = 0.5  # of a graded score up to 1, where nobody says more: a convention, and not a finding
AT_LEAST, AT_MOST = "at_least", "at_most"


def rule_of(metrics: Sequence[str], primary: str, given: Json | None = None) -> Json | None:
    """Return the rule: ``{"metric", "at_least" or "at_most", "ranked", "words"}``; None where no rule can be made.

    ``given``: as a study says it. ``ranked``: whether one of the two outcomes is the better one; of refusals none is,
    so that they are counted as yes and no. Of a length nothing is right.
    """
    name = given["metric"] if given else EXACT if EXACT in metrics else primary
    metric = metric_named(name)
    ranked = metric.more_is_better is not None
    if given:
        bound = {key: float(given[key]) for key in (AT_LEAST, AT_MOST) if key in given}
    elif metric.more_is_better is False:
        bound = {AT_MOST: 0.0} if metric.binary else {}
    elif metric.bounds[1] == 1.0 and (ranked or metric.binary):
        bound = {AT_LEAST: 1.0 if metric.binary else HALF}
    else:
        bound = {}
    if not bound:
        return None
    return {"metric": name, **bound, "ranked": ranked, "words": _words(metric.title, bound, ranked, metric.binary)}


def _words(title: str, bound: Json, ranked: bool, binary: bool) -> str:
    """Return the rule as it is printed."""
    (key, value), outcome = next(iter(bound.items())), "right" if ranked else "yes"
    if binary:
        return f"{outcome}: {title} is {value:g}"
    return f"{outcome}: {title} is {key.replace('_', ' ')} {value:g}"
