"""The figure of a token census: how long the rows are in each model's tokens, and where its window ends.

Takes a census (`choice.census.take_census`); drawn within `printing.figure_style.house_style`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.choice.census import ROW
from kotune.core.storage import Json
from kotune.printing.figure_style import BLUE, GREY, INK, ORANGE, WIDTH
from kotune.printing.numbers import fixed

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _bounds(census: Json) -> tuple[float, float]:
    """Return where the axis begins and ends: all rows and all windows, and a little room."""
    edges = census["edges"]
    held = [place for model in census["models"] for place, n in enumerate(model["tokens"][ROW]["histogram"]) if n]
    windows = [model["context_window"] for model in census["models"]]
    return min(edges[min(held)], *windows) / 1.3, max(edges[max(held) + 1], *windows) * 1.3


def draw(census: Json) -> Figure:
    """Draw a panel a model on one axis of tokens; the window is a line, dashed and red where it excludes the model."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    models, edges = census["models"], census["edges"]
    figure = Figure(figsize=(WIDTH, 0.55 + 0.75 * len(models)), layout="constrained")
    panels = figure.subplots(len(models), 1, sharex=True, squeeze=False)[:, 0]
    low, high = _bounds(census)
    for axis, model in zip(panels, models, strict=True):
        shares = [100 * rows / census["total"] for rows in model["tokens"][ROW]["histogram"]]
        window, out = model["context_window"], model["excluded"]
        axis.stairs(shares, edges, fill=True, color=GREY if out else BLUE, alpha=0.75, linewidth=0)
        axis.axvline(window, color=ORANGE if out else INK, linestyle="--" if out else "-", linewidth=1.1)
        held = f"window {fixed(window, 0)} holds {int(1000 * model['own']['share'] + 1e-9) / 10:.1f} %"
        axis.set_title(f"{model['name']}: {held}" + ("; excluded" if out else ""))
        axis.set_ylim(0, max(shares) * 1.1)
        axis.grid(axis="x")
        axis.set_ylabel("rows %")
    axis = panels[-1]
    axis.set_xscale("log", base=2)
    axis.set_xlim(low, high)
    axis.xaxis.set_major_locator(LogLocator(base=2, numticks=12))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: fixed(value, 0)))
    axis.set_xlabel("tokens of a whole row")
    return figure
