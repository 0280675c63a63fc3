"""Titles: how metrics, ensemble methods and contenders are called in print.

Reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.names import ENSEMBLE
from kotune.scoring.ensembles import UPPER_BOUNDS

METRIC_TITLES = {
    "exact_match": "exact match",
    "char_f1": "char-F1",
    "similarity": "similarity",
    "rouge_l": "ROUGE-L",
    "answer_chars": "characters",
    "reasoning_similarity": "similarity of reasoning",
    "reasoning_rouge_l": "ROUGE-L of reasoning",
    "consistency": "consistency",
}


def metric_title(metric: str) -> str:
    """Return a metric's name in print."""
    return METRIC_TITLES.get(metric, metric.replace("_", " "))


METHOD_TITLES = {
    "majority": "majority",
    "f1_sum": "F1 sum",
    "majority_then_f1": "majority, then F1 sum",
    "stacking": "stacking",
    "oracle": "oracle (upper bound)",
}


def method_title(method: str) -> str:
    """Return an ensemble method's name in print; upper bounds say so."""
    fallback = method.replace("_", " ") + (" (upper bound)" if method in UPPER_BOUNDS else "")
    return METHOD_TITLES.get(method, fallback)


def side_title(model: str, arm: str) -> str:
    """Return the name in print of a model under an arm, or of an ensemble."""
    return f"ensemble {method_title(arm)}" if model == ENSEMBLE else f"{model} {arm}"
