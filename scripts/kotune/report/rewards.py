"""Trainings that learn from rewards, in print: what their answers earn, and what of them teaches nothing, by step.

Takes curves (curve.jsonl) and records as a training with rewards writes them; makes a table and a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.printing.figure_style import COLOURS, STYLES
from kotune.printing.panels import legend, panels
from kotune.printing.table import EMPTY, Cell, Column, Row, Table, bare, build, text
from kotune.report.sampled_names import REWARDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REWARD, EQUAL, CUT, KL = "reward", "frac_reward_zero_std", "completions/clipped_ratio", "kl"
LENGTH = "completions/mean_length"
PANELS = {REWARD: "mean reward", EQUAL: "equal groups", CUT: "cut answers", KL: "KL to the start"}
PART = 4  # first and last: so many-th of the lines


def logged(lines: Sequence[Json], name: str) -> list[tuple[int, float]]:
    """Return step and value of the lines of a curve that have a value of that name."""
    return [(line["step"], line[name]) for line in lines if name in line]


def _mean(lines: Sequence[Json], name: str, digits: int, times: float = 1) -> Cell:
    """Return the mean of lines, as far as they have the value."""
    values = [value for _, value in logged(lines, name)]
    return bare(times * sum(values) / len(values), digits) if values else EMPTY


def _share(found: Json, name: str, of: str) -> Cell:
    return bare(100 * found[name] / found[of], 1) if found.get(of) else EMPTY


def _row(one: Json) -> Row:
    lines, found = [line for line in one["lines"] if EQUAL in line], one["found"]
    some = max(len(lines) // PART, 1)
    first, last = lines[:some], lines[-some:]
    return {
        **{name: text(one[name]) for name in ("model", "arm", "seed")},
        "metric": text(found["reward"]),
        "steps": bare(found["steps"], 0),
        "without_effect": bare(found["steps_without_effect"], 0),
        "answers": bare(found["samples"], 0),
        "not_run": bare(found["not_run"], 0),
        "first_reward": _mean(first, REWARD, 3),
        "last_reward": _mean(last, REWARD, 3),
        "first_equal": _mean(first, EQUAL, 1, 100),
        "last_equal": _mean(last, EQUAL, 1, 100),
        "cut": _share(found, "truncated", "samples"),
        "first_tokens": _mean(first, LENGTH, 1),
        "last_tokens": _mean(last, LENGTH, 1),
        "kl": _mean(last, KL, 4),
    }


def rewards_table(trainings: Sequence[Json]) -> Table:
    """Return the table; ``trainings``: {"model", "arm", "seed", "found": of the record, "lines"} of each."""
    columns = [
        Column("model", "model"),
        Column("arm", "arm"),
        Column("seed", "seed"),
        Column("metric", "reward"),
        Column("steps", "all", "count", "steps"),
        Column("without_effect", "no effect", "count", "steps"),
        Column("answers", "drawn", "count", "answers"),
        Column("not_run", "not run", "count", "answers"),
        Column("cut", "cut, %", "number", "answers"),
        Column("first_reward", "first", "number", "mean reward"),
        Column("last_reward", "last", "number", "mean reward"),
        Column("first_equal", "first", "number", "equal groups, %"),
        Column("last_equal", "last", "number", "equal groups, %"),
        Column("first_tokens", "first", "number", "mean tokens"),
        Column("last_tokens", "last", "number", "mean tokens"),
        Column("kl", "KL, last", "number"),
    ]
    notes = [
        "First and last: means over the first and the last quarter of the curve's lines; the other counts are of the "
        "whole training. The rewards are of the rows that are practised, under the policy that draws: no score of the "
        "arm. Equal groups: all answers to a row earned the same, so that nothing is learned of them; a step of such "
        "groups alone has no effect. Cut: met no stop token. Not run: has no reward, and counts in no mean. KL: a "
        "learned token's distance from the policy that the training began with, in nats; empty where a recipe asks for "
        "none."
    ]
    return build(REWARDS, "Trainings with rewards", columns, [[_row(one) for one in trainings]], notes)


def rewards_figure(trainings: Sequence[Json]) -> Figure:
    """Draw mean reward, share of equal groups and of cut answers, and KL by step: a colour an arm, a style a seed."""
    parts = [name for name in PANELS if any(logged(one["lines"], name) for one in trainings)]
    figure, axes = panels([PANELS[name] for name in parts], 2.3, share_y=False)
    arms = list(dict.fromkeys((one["model"], one["arm"]) for one in trainings))
    seen: dict[tuple[str, str], int] = dict.fromkeys(arms, 0)
    for one in trainings:
        arm = one["model"], one["arm"]
        style = {"color": COLOURS[arms.index(arm) % len(COLOURS)], "linestyle": STYLES[seen[arm] % len(STYLES)]}
        for axis, name in zip(axes, parts, strict=True):
            points = logged(one["lines"], name)
            label = " ".join(arm) if not seen[arm] else None
            axis.plot([step for step, _ in points], [value for _, value in points], linewidth=1.2, label=label, **style)
        seen[arm] += 1
    for axis, name in zip(axes, parts, strict=True):
        axis.set_xlabel("step")
        axis.grid(axis="y")
        if name != KL:
            axis.set_ylim(-0.03, 1.03)
    legend(figure, axes[0], len(arms), handlelength=2.6)
    return figure
