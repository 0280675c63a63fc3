"""Trainings that learn preferences, in print: both sides' log-probabilities, rewards and lengths by step.

Takes curves (curve.jsonl) as a training by preferences writes them, and what its pairs can show (`curation.floors`);
makes two tables and a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.printing.figure_style import BLUE, GREY, ORANGE, STYLES
from kotune.printing.numbers import fixed
from kotune.printing.panels import legend, panels
from kotune.printing.table import EMPTY, Cell, Column, Row, Table, bare, build, text
from kotune.report.sampled_names import FLOORS, PREFERENCES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDES = {"chosen": BLUE, "rejected": ORANGE}
LENGTHS, REWARDS, LOGPS = "lengths", "rewards", "logps"
MARGIN, RIGHT = "rewards/margins", "rewards/accuracies"


def logged(lines: Sequence[Json]) -> list[Json]:
    """Return the lines of a curve that have both sides' values, of the training's own steps."""
    return [line for line in lines if "loss" in line and MARGIN in line]


def _row(one: Json) -> Row:
    lines = logged(one["lines"])
    first, last = lines[0], lines[-1]
    mean = {side: sum(line[f"{LENGTHS}/{side}"] for line in lines) / len(lines) for side in SIDES}
    return {
        **{name: text(one[name]) for name in ("model", "arm", "seed")},
        "pairs": bare(one["pairs"], 0),
        "steps": bare(last["step"], 0),
        "first_loss": bare(first["loss"], 3),
        "last_loss": bare(last["loss"], 3),
        **{f"{LENGTHS}_{side}": bare(mean[side], 1) for side in SIDES},
        **{f"first_{side}": bare(first[f"{LOGPS}/{side}"], 1) for side in SIDES},
        **{f"last_{side}": bare(last[f"{LOGPS}/{side}"], 1) for side in SIDES},
        "margin": bare(last[MARGIN], 3),
        "right": bare(100 * last[RIGHT], 0),
    }


def preferences_table(found: Sequence[Json]) -> Table:
    """Return the table; ``found``: {"model", "arm", "seed", "pairs", "lines"} of each training."""
    columns = [
        Column("model", "model"),
        Column("arm", "arm"),
        Column("seed", "seed"),
        Column("pairs", "pairs", "count"),
        Column("steps", "steps", "count"),
        Column("first_loss", "first", "number", "loss"),
        Column("last_loss", "last", "number", "loss"),
        *(Column(f"{LENGTHS}_{side}", side, "number", "mean tokens") for side in SIDES),
        *(Column(f"first_{side}", side, "number", "log-probability, first") for side in SIDES),
        *(Column(f"last_{side}", side, "number", "log-probability, last") for side in SIDES),
        Column("margin", "margin", "number", "reward, last"),
        Column("right", "chosen higher, %", "number", "reward, last"),
    ]
    notes = [
        "First and last: means over the pairs of the steps up to the first, and since the line before the last logged "
        "step. Log-probability: of a whole completion, summed over its tokens. Reward: the log-probability's distance "
        "from the reference's, times beta; at the first step it is 0 on both sides and the loss ln 2, 0.693. Where the "
        "chosen side's log-probability falls, the better answers are unlearned, too."
    ]
    return build(PREFERENCES, "Trainings on preferences", columns, [[_row(one) for one in found]], notes)


def _percent(share: Json | None) -> Cell:
    """Return a share with its interval, in per cent; an empty cell where there is none."""
    if share is None:
        return EMPTY
    ends = [100 * share[end] for end in ("mean", "low", "high")]
    return Cell(ends[0], fixed(ends[0], 0), None, ends[1], ends[2], fixed(ends[1], 0), fixed(ends[2], 0))


def floors_table(found: Sequence[Json]) -> Table:
    """Return what the pairs can show beside what the trainings reached; ``found``: each has ``floors``, too."""
    columns = [
        Column("model", "model"),
        Column("arm", "arm"),
        Column("seed", "seed"),
        *(Column(name, name, "count") for name in ("pairs", "prompts", "topics")),
        Column("largest", "in the two largest", "count"),
        Column("by_question", "by question", "interval", "bigrams right, %"),
        Column("by_topic", "by topic", "interval", "bigrams right, %"),
        Column("detectable", "detectable, %", "number"),
        Column("right", "chosen higher, last, %", "number"),
    ]
    rows = []
    for one in found:
        floors = one["floors"]
        power = floors["detectable"]
        rows.append(
            {
                **{name: text(one[name]) for name in ("model", "arm", "seed")},
                **{name: bare(floors[name], 0) for name in ("pairs", "prompts", "topics")},
                "largest": bare(sum(floors["largest"]) or None, 0),
                **{name: _percent(floors[name]) for name in ("by_question", "by_topic")},
                "detectable": bare(None if power is None else 100 * power, 0),
                "right": bare(100 * logged(one["lines"])[-1][RIGHT], 0),
            }
        )
    notes = [
        "Bigrams right: a logistic regression on bags of character bigrams sets the chosen side of a pair higher that "
        "it did not learn from, pairs held out by prompt, or by topic (clusters of prompts that are alike); "
        "in brackets 95 % intervals over prompts; empty where there are too few, or one topic alone. What is right by "
        "question and at a half by topic is known from the topic. Detectable: the held-out accuracy that so many "
        "pairs tell from a half with 80 % power if they are independent; those of one topic are not. Chosen higher: "
        "the training's own, on pairs that it learns from."
    ]
    return build(FLOORS, "What the pairs can show at all", columns, [rows], notes)


def _lines(axis: Axes, found: Sequence[Json], part: str) -> None:
    """Draw both sides of a part by step, a line style a training."""
    for place, one in enumerate(found):
        lines = logged(one["lines"])
        steps = [line["step"] for line in lines]
        for side, colour in SIDES.items():
            label = side if place == 0 else None
            values = [line[f"{part}/{side}"] for line in lines]
            axis.plot(steps, values, color=colour, linewidth=1.2, linestyle=STYLES[place % len(STYLES)], label=label)
    axis.set_xlabel("step")
    axis.grid(axis="y")


def preferences_figure(found: Sequence[Json]) -> Figure:
    """Draw log-probabilities, rewards with their margin, and lengths of both sides by step; all trainings in each."""
    figure, axes = panels(["log-probability", "reward", "mean tokens"], 2.3, share_y=False)
    for axis, part in zip(axes, (LOGPS, REWARDS, LENGTHS), strict=True):
        _lines(axis, found, part)
    for place, one in enumerate(found):
        lines = logged(one["lines"])
        values = [(line["step"], line[MARGIN]) for line in lines]
        label = "margin" if place == 0 else None
        axes[1].plot(
            *zip(*values, strict=True), color=GREY, linewidth=1, linestyle=STYLES[place % len(STYLES)], label=label
        )
    axes[2].set_ylim(bottom=0)
    legend(figure, axes[1], 3, handlelength=2.6)
    return figure
