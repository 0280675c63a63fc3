"""The figure of a filter by ratings: are they calibrated, and how many rows does each threshold remove.

Takes ratings and their document (`curation.rating`), and what others published; draws, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.curation.educational import CLASSES, HIGHEST, class_of
from kotune.printing.figure_style import BLUE, INK, ORANGE, WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(lines: Sequence[Json], document: Json, published: Json) -> Figure:
    """Draw the mean label of each class of ratings, held out, and the share of all rows below each threshold."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(WIDTH, 2.7), layout="constrained")
    left, right = made.subplots(1, 2)
    found = document["calibration"]
    left.plot([0, HIGHEST], [0, HIGHEST], color=INK, linewidth=0.6, linestyle=":")
    left.errorbar(
        [one["rating"] for one in found],
        [one["label"] for one in found],
        yerr=[1.96 * (one["se"] or 0) for one in found],
        fmt="o", color=BLUE, markersize=4, linewidth=1,
    )  # fmt: skip
    for one in found:
        left.annotate(
            f"{one['rows']:,}", (one["rating"], one["label"]), (5, -8), textcoords="offset points", fontsize=7
        )
    left.set_xlim(-0.3, HIGHEST + 0.3)
    left.set_ylim(-0.3, HIGHEST + 0.3)
    left.set_xlabel("rating, mean of its class")
    left.set_ylabel("label, mean (rows beside it)")
    thresholds = [one for one in CLASSES if one]
    shares = [100 * sum(class_of(line["rating"]) < one for line in lines) / len(lines) for one in thresholds]
    right.plot(thresholds, shares, color=BLUE, marker="o", markersize=4, label="ours")
    theirs = [one for one in published.get("filters", ()) if one["name"] == "removed"]
    if theirs:
        values = [100 * one["value"] for one in theirs]
        right.plot([one["threshold"] for one in theirs], values, "D", color=ORANGE, label=theirs[0]["work"])
        right.legend(frameon=False, fontsize=7)
    right.set_ylim(-3, 103)
    right.set_xticks(thresholds)
    right.set_xlabel("rows of at least this class stay")
    right.set_ylabel("% of rows removed")
    return made
