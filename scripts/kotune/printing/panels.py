"""Parts of figures: panels side by side, labelled rows, an axis of shares, means with their intervals, a legend.

Draws on axes that it is given or makes; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.printing.figure_style import WIDTH

MOST = 4  # panels side by side that the paper's width holds
CLOSE = 0.4  # shares that all lie within so much are shown on a part of the axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def panels(titles: Sequence[str], height: float, share_y: bool = True) -> tuple[Figure, list[Axes]]:
    """Return a figure of the paper's width with a panel a title; ``height`` is in inches.

    With ``share_y`` the rows of the first panel are those of all, and only it has their labels.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots(1, len(titles), sharey=share_y, squeeze=False)[0]
    for place, (axis, title) in enumerate(zip(axes, titles, strict=True)):
        axis.set_title(title)
        if place and share_y:
            axis.tick_params(labelleft=False)
    return figure, list(axes)


def label_rows(axis: Axes, labels: Sequence[str]) -> None:
    """Put labels on the vertical axis, first on top, with a light line for each."""
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(len(labels) - 0.45, -0.55)
    axis.grid(axis="y", linestyle=(0, (1, 2)))
    axis.spines["left"].set_visible(False)


def share_axis(axis: Axes, label: str = "", entries: Sequence[Json] = ()) -> None:
    """Make the horizontal axis run from 0 to 1, or around ``entries`` where all of them lie close together.

    Near ones would be one heap of marks on the whole axis; a note below says that it is cut.
    """
    axis.grid(axis="x")
    low, high = (pick((entry[end] for entry in entries), default=of) for pick, end, of in (
        (min, "low", 0.0), (max, "high", 1.0),
    ))  # fmt: skip
    if entries and high - low < CLOSE:
        room = max(0.05 * (high - low), 0.005)
        axis.set_xlim(low - room, high + room)
        axis.set_xlabel(f"{label} (part of the axis)".strip())
        return
    axis.set_xlim(-0.03, 1.03)
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    axis.set_xlabel(label)


def dot(
    axis: Axes, entry: Json, y: float, colour: str, filled: bool = True, marker: str = "o", label: str | None = None
) -> None:
    """Draw a mean (an entry of numbers.json) at the height ``y``, with its interval as a line."""
    axis.plot([entry["low"], entry["high"]], [y, y], color=colour, linewidth=1.1, solid_capstyle="butt", zorder=2)
    mark(axis, entry, y, colour, filled, marker, label)


def band(axis: Axes, entry: Json, y: float, colour: str) -> None:
    """Draw an interval as a pale band, where marks and arrows share its row."""
    axis.plot(
        [entry["low"], entry["high"]], [y, y], color=colour, linewidth=6, alpha=0.25, solid_capstyle="butt", zorder=1
    )


def mark(
    axis: Axes, entry: Json, y: float, colour: str, filled: bool = True, marker: str = "o", label: str | None = None
) -> None:
    """Draw a mean alone; what is not filled has a white middle."""
    face = colour if filled else "white"
    axis.plot(
        entry["value"], y, marker=marker, markersize=5, markerfacecolor=face, markeredgecolor=colour,
        markeredgewidth=1.1, linestyle="none", zorder=3, label=label,
    )  # fmt: skip


def legend(figure: Figure, axis: Axes, columns: int, handlelength: float = 2.0) -> None:
    """Put one panel's legend below the whole figure, in so many columns."""
    handles, labels = axis.get_legend_handles_labels()
    spacing = {"handletextpad": 0.5, "columnspacing": 1.6, "handlelength": handlelength}
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, **spacing)
