"""Which figures a study has, by name, and how each is drawn: a function from numbers or files to one figure.

Reads numbers.json, curves and prompts (`report.inputs.figures_inputs`); drawn within `figure_style.house_style`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.choice import figure as census
from kotune.core.names import BASE
from kotune.core.storage import Json, read_jsonl, read_parquet
from kotune.printing.figure_style import BLUE, COLOURS, GREY, INK, ORANGE, STYLES, WIDTH
from kotune.printing.numbers import Numbers, fixed, mean_key
from kotune.printing.panels import MOST, band, dot, label_rows, legend, mark, panels, share_axis
from kotune.report import (
    evaluation_names,
    harness_names,
    leak_names,
    learning_curve,
    mixture_names,
    quality_names,
    sampled_names,
)
from kotune.report.gather.votes import vote_patterns
from kotune.report.titles import method_title, metric_title
from kotune.report.view import Report
from kotune.scoring.ensembles import UPPER_BOUNDS

VALID = (0, (2, 1.2))  # shorter dashes than any model's own line
ARROW = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.8, "shrinkA": 4, "shrinkB": 4, "mutation_scale": 7}
SHADES = ("#08519c", "#6baed6", "#c6dbef", "#e8f1fa")  # of a bar's parts, from all agreeing to all differing
FROM_PER_CENT = 7  # a part of a bar that is narrower has no room for its number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def baseline(report: Report, numbers: Numbers) -> Figure:
    """Draw each model's scores before tuning: a panel a metric, a mark a split."""
    models = report["arms"][BASE]["models"]
    facts = report["metric_facts"]  # shares of 1, of answers and not of the reasoning behind them
    shares = [one for one in report["metrics"] if facts[one]["share"] and not facts[one]["of_reasoning"]][:MOST]
    figure, axes = panels([metric_title(report, metric) for metric in shares], 0.75 + 0.3 * len(models))
    for axis, metric in zip(axes, shares, strict=True):
        drawn = []
        for row, model in enumerate(models):
            for place, split in enumerate(report["reported"]):
                entry = numbers[mean_key(report.name, model, BASE, split, metric)]
                drawn.append(entry)
                shift = (place - (len(report["reported"]) - 1) / 2) * 0.26
                label = split if row == 0 else None
                dot(axis, entry, row + shift, (BLUE, ORANGE)[place % 2], place == 0, "os"[place % 2], label)
        label_rows(axis, models)
        share_axis(axis, entries=drawn)
    legend(figure, axes[0], len(report["reported"]))
    return figure


OTHER_LOSSES = (sampled_names.PREFERENCES, sampled_names.REWARDS)


def curved_arms(report: Report) -> list[str]:
    """Return the trained arms whose loss is one of answer tokens, which that of preferences or rewards is not."""
    others = [arm for name in OTHER_LOSSES for arm in report.settings.get(name, ())]
    return [arm for arm in report.trained_arms if arm not in others]


def training_curves(report: Report) -> Figure:
    """Draw each training's loss by step; a line a model, a panel an arm (all seeds of a model in one colour).

    Where a curve has evaluations, the loss on valid is a dashed line of the same colour.
    """
    arms = curved_arms(report)
    figure, axes = panels([f"arm {arm}" for arm in arms], 2.3)
    evaluated = False
    for axis, arm in zip(axes, arms, strict=True):
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
    legend(figure, axes[0], len(report.models) + evaluated, handlelength=2.6)
    return figure


def tuned(report: Report, numbers: Numbers) -> Figure:
    """Draw each model's way from base to tuned: a panel a split, an arrow a model, intervals on both ends."""
    arm, metric = report.main_arm or BASE, report["primary_metric"]
    models = [model for model in report["arms"][arm]["models"] if model in report.bases]
    figure, axes = panels(report["reported"], 0.85 + 0.32 * len(models))
    for axis, split in zip(axes, report["reported"], strict=True):
        drawn = []
        for row, model in enumerate(models):
            before, after = (numbers[mean_key(report.name, model, of, split, metric)] for of in (BASE, arm))
            drawn += [before, after]
            band(axis, before, row, GREY)
            band(axis, after, row, BLUE)
            if abs(after["value"] - before["value"]) > 0.05:
                axis.annotate("", (after["value"], row), (before["value"], row), arrowprops=ARROW)
            mark(axis, before, row, GREY, False, label="base" if row == 0 else None)
            mark(axis, after, row, BLUE, label=arm if row == 0 else None)
        label_rows(axis, models)
        share_axis(axis, metric_title(report, metric), drawn)
    legend(figure, axes[0], 2)
    return figure


def ensembles(report: Report, numbers: Numbers) -> Figure:
    """Draw each method's paired difference to the best single member; what looks at gold answers is a square."""
    metric = report["primary_metric"]
    labels = [method_title(method) for method in report.methods]
    figure, axes = panels(report["reported"], 0.75 + 0.27 * len(labels))
    for axis, split in zip(axes, report["reported"], strict=True):
        single = numbers[f"{report.name}.finding.best.member.{split}"]["name"]
        axis.axvline(0, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        for row, method in enumerate(report.methods):
            bound = method in UPPER_BOUNDS
            key = f"{report.name}.finding.ensemble.{method}.{split}"
            if key in numbers:
                dot(axis, numbers[key], row, ORANGE if bound else BLUE, not bound, "s" if bound else "o")
        label_rows(axis, labels)
        axis.grid(axis="x")
        axis.set_xlabel(f"{metric_title(report, metric)} less that of {single}")
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
    for row, (_, start) in enumerate(bars):
        left = 0.0
        for place, pattern in enumerate(patterns):
            entry = numbers[f"{start}.{pattern}.share"]
            shade = SHADES[min(place, len(SHADES) - 1)]
            label = _pattern_title(pattern) if row == 0 else None
            axis.barh(row, entry["value"], left=left, height=0.62, color=shade, edgecolor="white", label=label)
            if entry["value"] >= FROM_PER_CENT:
                colour = "white" if place == 0 else INK
                text = f"{fixed(entry['value'], 0)} %"
                axis.text(left + entry["value"] / 2, row, text, ha="center", va="center", color=colour, fontsize=7.5)
            left += entry["value"]
    axis.set_yticks(
        range(len(bars)),
        [_bar_title(numbers, name, start, patterns[0]) for name, start in bars],
    )
    axis.set_ylim(len(bars) - 0.5, -0.5)
    axis.set_xlim(0, 100)
    axis.set_xlabel("% of rows")
    axis.spines["left"].set_visible(False)
    legend(figure, axis, len(patterns))
    return figure


def _bar_title(numbers: Numbers, name: str, start: str, pattern: str) -> str:
    """Return a bar's name with its n, and with how many rows not all members were asked, where there are any."""
    fewer = numbers.value(f"{start}.fewer.rows") if f"{start}.fewer.rows" in numbers else 0
    besides = f"; {fixed(fewer, 0)} not asked of all" if fewer else ""
    return f"{name} (n = {fixed(numbers[f'{start}.{pattern}.share']['n'], 0)}{besides})"


def _pattern_title(pattern: str) -> str:
    """Return a vote's pattern such as ``2:1:0``, with words for the two that need no counting."""
    parts = [int(part) for part in pattern.split(":") if part != "0"]
    if len(parts) == 1:
        return f"{pattern} all agree"
    return f"{pattern} all differ" if max(parts) == 1 else pattern


def prompt_lengths(report: Report) -> Figure:
    """Draw how many tokens a prompt has for each model: the same rows, other tokenizers and templates."""
    from matplotlib.figure import Figure

    arm = report.first
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


def nothing_to_show() -> Figure:
    """Return a line of text: a rule has the same outputs for each study, and not every study has what they show."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 0.4), layout="constrained")
    figure.text(0.5, 0.5, "This study has nothing to show here.", ha="center", va="center", color=GREY)
    return figure


@dataclass(frozen=True)
class Drawing:
    """How a figure is drawn, and whether a study has what it shows."""

    draw: Callable[[Report, Numbers], Figure]
    has: Callable[[Report], bool] = lambda _: True


FIGURES = {
    "baseline": Drawing(baseline),
    "training-curves": Drawing(lambda report, _: training_curves(report), lambda report: bool(curved_arms(report))),
    "tuned": Drawing(tuned, lambda report: bool(report.tuned_arms)),
    "ensembles": Drawing(ensembles, lambda report: bool(report.members)),
    "votes": Drawing(votes, lambda report: bool(report.members)),
    "learning-curve": Drawing(learning_curve.draw, learning_curve.has_curve),
    "prompt-lengths": Drawing(lambda report, _: prompt_lengths(report)),
}
CHOICE_FIGURES: dict[str, Callable[[Json], Figure]] = {"census": census.draw}  # of census.json


def figure_names(report: Report) -> tuple[str, ...]:
    """Return the names of a study's figures, those among them that have nothing to show."""
    choice = CHOICE_FIGURES if report.settings.get("choice") else ()
    others = (
        evaluation_names.file_names,
        harness_names.all_figures,
        leak_names.names,
        mixture_names.figure_names,
        sampled_names.figure_names,
        quality_names.figure_names,
    )
    return (*FIGURES, *choice, *(name for names in others for name in names(report.settings)))


def draw(report: Report, numbers: Numbers) -> dict[str, Figure]:
    """Return every figure of a study by name, but for those of a choice; one that has nothing to show says so."""
    return {
        name: drawing.draw(report, numbers) if drawing.has(report) else nothing_to_show()
        for name, drawing in FIGURES.items()
    }
