"""The figure of a learning curve: the primary metric against the rows that were learned, a line a way of choosing them.

Takes a report and its numbers; reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.figure_style import COLOURS, GREY, STYLES
from kotune.printing.numbers import Numbers, fixed, mean_key
from kotune.printing.panels import legend, panels
from kotune.report.titles import metric_title
from kotune.report.view import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def has_curve(report: Report) -> bool:
    """Return whether a study has arms that differ in how their rows were chosen, and how many."""
    return bool(report.settings.get("chosen"))


def lines_of(report: Report) -> dict[str, list[Json]]:
    """Return the points of each way of choosing, by the number of rows: {"arm", "by", "rows"}."""
    found: dict[str, list[Json]] = {}
    for point in sorted(report["chosen"], key=lambda one: one["rows"]):
        found.setdefault(point["by"], []).append(point)
    return found


def draw(report: Report, numbers: Numbers) -> Figure:
    """Draw a panel a reported split; the base is the dotted level. Intervals are of the mean over seeds and rows."""
    lines, metric = lines_of(report), report["primary_metric"]
    model = report["models"][0]["name"]
    figure, axes = panels(report["reported"], 2.6)
    ticks = sorted({point["rows"] for points in lines.values() for point in points})
    for axis, split in zip(axes, report["reported"], strict=True):
        base = mean_key(report.name, model, BASE, split, metric)
        if base in numbers:
            axis.axhline(numbers[base]["value"], color=GREY, linestyle=":", linewidth=1.2, label="base")
        for place, (by, points) in enumerate(lines.items()):
            entries = [numbers[mean_key(report.name, model, point["arm"], split, metric)] for point in points]
            values = [entry["value"] for entry in entries]
            ends = [
                [abs(entry["value"] - entry.get(end, entry["value"])) for entry in entries] for end in ("low", "high")
            ]
            # a little beside each other, or intervals hide one another
            rows = [point["rows"] * (1 + 0.03 * (place - (len(lines) - 1) / 2)) for point in points]
            style = {"color": COLOURS[place % len(COLOURS)], "linestyle": STYLES[place % len(STYLES)]}
            axis.errorbar(rows, values, yerr=ends, label=by, marker="o", markersize=3.5, linewidth=1.2, **style)
        axis.set_xscale("log")
        axis.set_xticks(ticks, [fixed(tick, 0) for tick in ticks])
        axis.minorticks_off()
        axis.set_xlabel("rows learned")
        axis.grid(axis="y")
    axes[0].set_ylabel(metric_title(report, metric))
    legend(figure, axes[0], len(lines) + 1)
    return figure
