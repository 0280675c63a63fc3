"""The figure of the census: how long the rows are by each tokenizer, and where each window ends. Reads census.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.figure_style import COLOURS, GREY, INK, ORANGE, WIDTH
from kotune.numbers import fixed
from kotune.storage import Json

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(census: Json) -> Figure:
    """Draw a histogram of whole rows for each candidate over a log axis, its window as a line."""
    from matplotlib.figure import Figure

    models, edges = census["models"], census["edges"]
    windows = [document["context_window"] for document in models.values()]
    figure = Figure(figsize=(WIDTH, 0.75 + 0.5 * len(models)), layout="constrained")
    axes = figure.subplots(len(models), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    figure.get_layout_engine().set(h_pad=0.01, hspace=0.0)
    for place, (axis, (model, document)) in enumerate(zip(axes, models.items(), strict=True)):
        colour = COLOURS[place % len(COLOURS)]
        axis.stairs(document["histogram"], edges, fill=True, color=colour, alpha=0.35 if document["excluded"] else 0.9)
        window = document["context_window"]
        axis.axvline(window, color=ORANGE if document["excluded"] else INK, linewidth=1.0, linestyle=(0, (4, 2)))
        told = f"{fixed(window, 0)} hold {fixed(100 * document['holds'], 1)} %"
        axis.annotate(
            told + (", excluded" if document["excluded"] else ""), (0.01, 0.92), xycoords="axes fraction",
            ha="left", va="top", fontsize=7, color=GREY,
        )  # fmt: skip
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.set_ylabel(model, rotation=0, ha="right", va="center")
        if place < len(models) - 1:
            axis.tick_params(bottom=False, which="both")
    axes[-1].set_xscale("log")
    axes[-1].set_xlim(edges[0] * 0.9, max(edges[-1], *windows) * 1.15)
    axes[-1].xaxis.set_major_formatter(lambda value, _: fixed(value, 0))
    axes[-1].set_xlabel("tokens of a whole row")
    return figure
