"""Figures: each a function from numbers or files to one matplotlib figure.

Reads numbers.json, curves and prompts (`report.inputs.figures_inputs`); drawn within `figure_style.house_style`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kotune.core.names import BASE, ENSEMBLE, SELECTED
from kotune.core.storage import Json, read_jsonl, read_parquet
from kotune.printing.figure_style import BLUE, COLOURS, GREY, INK, ORANGE, STYLES, WIDTH
from kotune.printing.numbers import Numbers, fixed, mean_key
from kotune.report.gather.votes import vote_patterns
from kotune.report.inputs import figure_names
from kotune.report.titles import method_title, metric_title
from kotune.report.view import FIGURES, Report
from kotune.scoring.ensembles import UPPER_BOUNDS

PANELS = 4
VALID = (0, (2, 1.2))  # shorter dashes than any model's own line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _panels(titles: Sequence[str], height: float, share_y: bool = True) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots(1, len(titles), sharey=share_y, squeeze=False)[0]
    for place, (axis, title) in enumerate(zip(axes, titles, strict=True)):
        axis.set_title(title)
        if place and share_y:
            axis.tick_params(labelleft=False)
    return figure, list(axes)


def _rows(axis: Axes, labels: Sequence[str]) -> None:
    """Put labels on the vertical axis, first on top, with a light line for each."""
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(len(labels) - 0.45, -0.55)
    axis.grid(axis="y", linestyle=(0, (1, 2)))
    axis.spines["left"].set_visible(False)


def _share_axis(axis: Axes, label: str = "") -> None:
    """Make the horizontal axis run from 0 to 1."""
    axis.set_xlim(-0.03, 1.03)
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    axis.grid(axis="x")
    axis.set_xlabel(label)


def _dot(
    axis: Axes, entry: Json, y: float, colour: str, filled: bool = True, marker: str = "o", label: str | None = None
) -> None:
    """Draw a mean with its interval as a line."""
    axis.plot([entry["low"], entry["high"]], [y, y], color=colour, linewidth=1.1, solid_capstyle="butt", zorder=2)
    _mark(axis, entry, y, colour, filled, marker, label)


def _band(axis: Axes, entry: Json, y: float, colour: str) -> None:
    """Draw an interval as a pale band, where marks and arrows share its row."""
    axis.plot(
        [entry["low"], entry["high"]], [y, y], color=colour, linewidth=6, alpha=0.25, solid_capstyle="butt", zorder=1
    )


def _mark(
    axis: Axes, entry: Json, y: float, colour: str, filled: bool = True, marker: str = "o", label: str | None = None
) -> None:
    face = colour if filled else "white"
    axis.plot(
        entry["value"], y, marker=marker, markersize=5, markerfacecolor=face, markeredgecolor=colour,
        markeredgewidth=1.1, linestyle="none", zorder=3, label=label,
    )  # fmt: skip


def _legend(figure: Figure, axis: Axes, columns: int, handlelength: float = 2.0) -> None:
    handles, labels = axis.get_legend_handles_labels()
    spacing = {"handletextpad": 0.5, "columnspacing": 1.6, "handlelength": handlelength}
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, **spacing)


def baseline(report: Report, numbers: Numbers) -> Figure:
    """Draw each model's scores before tuning: a panel a metric, a mark a split."""
    models = report["arms"][BASE]["models"]
    facts = report["metric_facts"]  # shares of 1, of answers and not of the reasoning behind them
    shares = [one for one in report["metrics"] if facts[one]["share"] and not facts[one]["of_reasoning"]][:PANELS]
    figure, axes = _panels([metric_title(report, metric) for metric in shares], 0.75 + 0.3 * len(models))
    for axis, metric in zip(axes, shares, strict=True):
        for row, model in enumerate(models):
            for place, split in enumerate(report["reported"]):
                entry = numbers[mean_key(report.name, model, BASE, split, metric)]
                shift = (place - (len(report["reported"]) - 1) / 2) * 0.26
                label = split if row == 0 else None
                _dot(axis, entry, row + shift, (BLUE, ORANGE)[place % 2], place == 0, "os"[place % 2], label)
        _rows(axis, models)
        _share_axis(axis)
    _legend(figure, axes[0], len(report["reported"]))
    return figure


def training_curves(report: Report) -> Figure:
    """Draw each training's loss by step; a line a model, a panel an arm (all seeds of a model in one colour).

    Where a curve has evaluations, the loss on valid is a dashed line of the same colour.
    """
    figure, axes = _panels([f"arm {arm}" for arm in report.tuned_arms], 2.3)
    evaluated = False
    for axis, arm in zip(axes, report.tuned_arms, strict=True):
        for model, _, seed in report.treatments(arm):
            place = report.models.index(model)
            lines = read_jsonl(report.adapter((model, arm, seed)) / "curve.jsonl")
            points = [(line["step"], line["loss"]) for line in lines if "loss" in line]
            valid = [(line["step"], line["eval_loss"]) for line in lines if "eval_loss" in line]
            style = {"color": COLOURS[place % len(COLOURS)], "linestyle": STYLES[place % len(STYLES)]}
            label = model if seed == report.seeds(arm)[0] else None
            axis.plot(*zip(*points, strict=True), linewidth=1.4, label=label, **style)
            if valid:
                evaluated = True
                axis.plot(*zip(*valid, strict=True), linewidth=1, **{**style, "linestyle": VALID})
        axis.set_xlabel("step")
        axis.grid(axis="y")
    axes[0].set_ylim(bottom=0)  # when all is drawn: the panels share it, and it ends the scaling to what is drawn
    axes[0].set_ylabel("loss per answer token" if evaluated else "training loss per answer token")
    if evaluated:
        axes[0].plot([], [], color=GREY, linewidth=1, linestyle=VALID, label="valid")
    _legend(figure, axes[0], len(report.models) + evaluated, handlelength=2.6)
    return figure


def tuned(report: Report, numbers: Numbers) -> Figure:
    """Draw each model's way from base to tuned: a panel a split, an arrow a model, intervals on both ends."""
    arm, metric = report.main_arm or BASE, report["primary_metric"]
    models = [model for model in report["arms"][arm]["models"] if model in [*report["arms"][BASE]["models"], SELECTED]]
    figure, axes = _panels(report["reported"], 0.85 + 0.32 * len(models))
    for axis, split in zip(axes, report["reported"], strict=True):
        for row, model in enumerate(models):
            before, after = (numbers[mean_key(report.name, model, of, split, metric)] for of in (BASE, arm))
            _band(axis, before, row, GREY)
            _band(axis, after, row, BLUE)
            if abs(after["value"] - before["value"]) > 0.05:
                way = {
                    "arrowstyle": "-|>",
                    "color": INK,
                    "linewidth": 0.8,
                    "shrinkA": 4,
                    "shrinkB": 4,
                    "mutation_scale": 7,
                }
                axis.annotate("", (after["value"], row), (before["value"], row), arrowprops=way)
            _mark(axis, before, row, GREY, False, label="base" if row == 0 else None)
            _mark(axis, after, row, BLUE, label=arm if row == 0 else None)
        _rows(axis, models)
        _share_axis(axis, metric_title(report, metric))
    _legend(figure, axes[0], 2)
    return figure


def ensembles(report: Report, numbers: Numbers) -> Figure:
    """Draw each method beside the best single member (a line through all rows) and the upper bound."""
    metric, arm = report["primary_metric"], report["ensembles"]["arm"]
    labels = ["best member", *map(method_title, report.methods)]
    figure, axes = _panels(report["reported"], 0.75 + 0.27 * len(labels))
    for axis, split in zip(axes, report["reported"], strict=True):
        single = numbers[f"{report.name}.finding.best.member.{split}"]
        axis.axvline(single["value"], color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        _dot(axis, numbers[mean_key(report.name, single["name"], arm, split, metric)], 0, INK, marker="D")
        axis.annotate(single["name"], (single["low"], 0), (-5, 0), textcoords="offset points", ha="right", va="center",
                      fontsize=7, color=GREY)  # fmt: skip
        for row, method in enumerate(report.methods, start=1):
            bound = method in UPPER_BOUNDS
            entry = numbers[mean_key(report.name, ENSEMBLE, method, split, metric)]
            _dot(axis, entry, row, ORANGE if bound else BLUE, not bound, "s" if bound else "o")
        _rows(axis, labels)
        _share_axis(axis, metric_title(report, metric))
    return figure


def votes(report: Report, numbers: Numbers) -> Figure:
    """Draw how often the members agree: one bar a split, one part a pattern, and the published bar below."""
    from matplotlib.figure import Figure

    patterns = vote_patterns(len(report.members))
    bars = [(split, f"{report.name}.votes.{split}") for split in report.voted]
    if f"{report.name}.published.votes.{patterns[0]}.share" in numbers:
        bars.append(("published", f"{report.name}.published.votes"))
    figure = Figure(figsize=(WIDTH, 0.75 + 0.3 * len(bars)), layout="constrained")
    axis = figure.subplots()
    shades = ("#08519c", "#6baed6", "#c6dbef", "#e8f1fa")
    for row, (_, start) in enumerate(bars):
        left = 0.0
        for place, pattern in enumerate(patterns):
            entry = numbers[f"{start}.{pattern}.share"]
            shade = shades[min(place, len(shades) - 1)]
            label = _pattern_title(pattern) if row == 0 else None
            axis.barh(row, entry["value"], left=left, height=0.62, color=shade, edgecolor="white", label=label)
            if entry["value"] >= 7:
                colour = "white" if place == 0 else INK
                text = f"{fixed(entry['value'], 0)} %"
                axis.text(left + entry["value"] / 2, row, text, ha="center", va="center", color=colour, fontsize=7.5)
            left += entry["value"]
    axis.set_yticks(
        range(len(bars)),
        [f"{name} (n = {fixed(numbers[f'{start}.{patterns[0]}.share']['n'], 0)})" for name, start in bars],
    )
    axis.set_ylim(len(bars) - 0.5, -0.5)
    axis.set_xlim(0, 100)
    axis.set_xlabel("% of rows")
    axis.spines["left"].set_visible(False)
    _legend(figure, axis, len(patterns))
    return figure


def _pattern_title(pattern: str) -> str:
    parts = [int(part) for part in pattern.split(":") if part != "0"]
    if len(parts) == 1:
        return f"{pattern} all agree"
    return f"{pattern} all differ" if max(parts) == 1 else pattern


def prompt_lengths(report: Report) -> Figure:
    """Draw how many tokens a prompt has for each model: the same rows, other tokenizers and templates."""
    from matplotlib.figure import Figure

    arm = report["arms"][report.first_arm]
    lengths: dict[str, list[int]] = {}
    for model in arm["models"]:
        folder = report.prompt_folder(model, arm["rowset"], arm["prompt"])
        columns = [read_parquet(folder / f"{split}.parquet")["prompt_tokens"].to_list() for split in report["splits"]]
        lengths[model] = [length for column in columns for length in column if length is not None]
    everything = [length for column in lengths.values() for length in column]
    low, high = min(everything), max(everything)
    width = max(1, -(-(high - low + 1) // 45))
    edges = list(range(low - low % width, high + 2 * width, width))
    figure = Figure(figsize=(WIDTH, 0.6 + 0.42 * len(lengths)), layout="constrained")
    axes = figure.subplots(len(lengths), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    figure.get_layout_engine().set(h_pad=0.01, hspace=0.0)
    for place, (axis, (model, column)) in enumerate(zip(axes, lengths.items(), strict=True)):
        axis.hist(column, bins=edges, color=COLOURS[report.models.index(model) % len(COLOURS)], linewidth=0)
        middle = sorted(column)[len(column) // 2]
        axis.axvline(middle, color=INK, linewidth=0.8)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.set_ylabel(model, rotation=0, ha="right", va="center")
        axis.annotate(
            f"median {middle}", (1, 0.95), xycoords="axes fraction", ha="right", va="top", fontsize=7, color=GREY
        )
        if place < len(lengths) - 1:
            axis.tick_params(bottom=False)
    axes[-1].set_xlabel("tokens of the prompt")
    return figure


def draw(report: Report, numbers: Numbers) -> dict[str, Figure]:
    """Return every figure of a study by name; those that `report.inputs.figure_names` leaves out say so."""
    figures: dict[str, Callable[[], Figure]] = {
        "baseline": lambda: baseline(report, numbers),
        "training-curves": lambda: training_curves(report),
        "tuned": lambda: tuned(report, numbers),
        "ensembles": lambda: ensembles(report, numbers),
        "votes": lambda: votes(report, numbers),
        "prompt-lengths": lambda: prompt_lengths(report),
    }
    shown = figure_names(report)
    return {name: figures[name]() if name in shown else nothing_to_show() for name in FIGURES}


def nothing_to_show() -> Figure:
    """Return a line of text: a rule has the same outputs for each study, and not every study has what they show."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 0.4), layout="constrained")
    figure.text(0.5, 0.5, "This study has nothing to show here.", ha="center", va="center", color=GREY)
    return figure
