"""Titles: how ensemble methods, and models under an arm, are called in print; a metric's title is in `study.metrics`.

Reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.names import ENSEMBLE

if TYPE_CHECKING:
    from kotune.report.view import Report

INTERVALS = "In brackets: 95 % intervals."  # below a table of means
METHOD_TITLES = {
    "majority": "majority",
    "f1_sum": "F1 sum",
    "majority_then_f1": "majority, then F1 sum",
    "stacking": "stacking",
    "oracle": "oracle (upper bound of char-F1)",
}


def metric_title(report: Report, metric: str) -> str:
    """Return a metric's name in print, as the report's settings give it (`study.metrics`)."""
    return report["metric_facts"][metric]["title"]


def method_title(method: str) -> str:
    """Return an ensemble method's name in print; an upper bound says of which metric it is one."""
    return METHOD_TITLES.get(method, method.replace("_", " "))


def side_title(model: str, arm: str) -> str:
    """Return the name in print of a model under an arm, or of an ensemble, whose method stands for the arm."""
    return f"ensemble {method_title(arm)}" if model == ENSEMBLE else f"{model} {arm}"


def uneven_seeds(report: Report) -> str:
    """Return what a table adds where tuned arms have different numbers of seeds; nothing where all have as many."""
    counts = {arm: len(report.seeds(arm)) for arm in report.tuned_arms}
    if len(set(counts.values())) < 2:
        return ""
    told = ", ".join(f"{arm} {count}" for arm, count in counts.items())
    return f" Seeds: {told}; two arms are compared by the seeds that both have."
