"""The page and the figure of kept results: docs/results.md with a block for each table, and means beside the curve.

Takes kept folders as they were read (`report.kept`); writes figures to the folder that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing import figure_style
from kotune.printing.figure_style import BLUE, COLOURS, GREY
from kotune.printing.numbers import fixed, mean_key
from kotune.printing.panels import dot, label_rows
from kotune.report import kept_evaluations, kept_harness
from kotune.report.kept import Kept
from kotune.report.kept_tables import blocks, called, learning_curve, test_split, times
from kotune.scoring.ensembles import UPPER_BOUNDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD = """\
# Results that are kept

Each study here was run at its full scale, and its numbers, its scores by row id and its curves are in `config/kept/`.
The tables and figures are made of them by `python tools/fill_measured.py`.
"""
PARTS = (
    ("Arms", "arms", "Means over seeds, with 95 % intervals; shares times 100."),
    ("Contrasts", "contrasts", "On the primary metric; p is corrected within each family (docs/statistics.md)."),
    ("Rows", "curve", "Arms that differ in nothing but how many rows are learned, after the base."),
    (
        "Seen and unseen texts",
        "gaps",
        "The fall from the split that is nearer to what was trained to the one that is further from it.",
    ),
    ("Costs", "costs", "Means over seeds; memory is the highest."),
)


def page(all_kept: Sequence[Kept], known: str = "") -> str:
    """Return docs/results.md with a section for each kept folder; ``known``: the page as it is, which keeps its text.

    A section that is new has empty blocks, which tools/fill_measured.py fills.
    """
    missing = [kept for kept in all_kept if _block(kept, "about").splitlines()[0] not in known]
    return (known or HEAD) + "".join(map(_section, missing))


def _section(kept: Kept) -> str:
    """Return the section of a kept folder, of the tables that it has."""
    there = blocks(kept)
    text = f"\n## {kept.about['title']}: {kept.name}\n\n{kept.about['question']}\n\n{_block(kept, 'about')}"
    text += f"\n![Means by arm, and by rows learned](images/{figure_name(kept)}.svg)\n"
    for title, what, note in (*PARTS[:-1], *kept_evaluations.parts(kept), *kept_harness.parts(kept), PARTS[-1]):
        if f"kept-{kept.name}-{what}" in there:
            text += f"\n### {title}\n\n{note}\n\n{_block(kept, what)}"
    return text


def _block(kept: Kept, what: str) -> str:
    return f"<!-- measured: kept-{kept.name}-{what} -->\n<!-- end -->\n"


def figure_name(kept: Kept) -> str:
    """Return the name of a figure's files."""
    return f"kept-{kept.name}"


def _scaled(entry: Json, factor: float) -> Json:
    return {end: factor * entry[end] for end in ("value", "low", "high")}


def draw(kept: Kept) -> Figure:
    """Draw the primary metric on test: each arm's mean with its interval; beside it, by rows learned, where known."""
    from matplotlib.figure import Figure

    about, curves, split = kept.about, learning_curve(kept), test_split(kept)
    factor, sides = times(kept, about["primary_metric"]), [one for one in kept.sides if one[1] not in UPPER_BOUNDS]
    title = f"{about['metrics'][about['primary_metric']]['title']} on {split}"
    figure = Figure(figsize=(figure_style.WIDTH, max(2.2, 0.8 + 0.2 * len(sides))), layout="constrained")
    axes = figure.subplots(1, 2 if curves else 1, squeeze=False, width_ratios=[3, 2] if curves else [1])[0]
    for row, (model, arm) in enumerate(sides):
        entry = kept.numbers[mean_key(about["study"], model, arm, split, about["primary_metric"])]
        untuned = arm == BASE or about["arms"][arm].get("adapter") == BASE
        dot(axes[0], _scaled(entry, factor), row, GREY if untuned else BLUE, not untuned)
    label_rows(axes[0], [called(kept, *side) for side in sides])
    axes[0].grid(axis="x")
    axes[0].set_xlabel(title)
    if curves:
        _draw_curves(axes[1], kept, factor)
        axes[1].set_ylabel(title)
    return figure


def _draw_curves(axis, kept: Kept, factor: float) -> None:
    """Draw the learning curve of each model: rows on an axis that is linear below the fewest and logarithmic above."""
    ticks: set[int] = set()
    for place, (model, points) in enumerate(learning_curve(kept).items()):
        entries = [_scaled(point.entry, factor) for point in points]
        values = [entry["value"] for entry in entries]
        lows = [entry["value"] - entry["low"] for entry in entries]
        highs = [entry["high"] - entry["value"] for entry in entries]
        style = {"color": COLOURS[place % len(COLOURS)], "marker": "o", "markersize": 4, "linewidth": 1.1}
        axis.errorbar([point.rows for point in points], values, yerr=[lows, highs], label=model, **style)
        ticks |= {point.rows for point in points}
    axis.set_xscale("symlog", linthresh=min(tick for tick in ticks if tick))
    axis.set_xticks(sorted(ticks), [fixed(tick, 0) for tick in sorted(ticks)], rotation=30)
    axis.minorticks_off()
    axis.set_xlabel("rows learned")
    axis.grid(axis="y")
    if len(kept.about["models"]) > 1:
        axis.legend(loc="lower right")


def save(all_kept: Sequence[Kept], folder: Path) -> None:
    """Write each figure as SVG."""
    for kept in all_kept:
        with figure_style.house_style():
            figure_style.save(draw(kept), folder, figure_name(kept), ["svg"])
