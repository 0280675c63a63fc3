"""The figure of an evaluation by lm-evaluation-harness: accuracies by task, each over the highest of its floors.

Takes settings, statistics.json and its numbers (`report.harness_numbers`); reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.figure_style import COLOURS, GREY
from kotune.printing.numbers import Numbers
from kotune.printing.panels import MOST, dot, label_rows, legend, panels, share_axis
from kotune.report.harness_names import FLOOR_TITLES, file_name, mean_key, row_name, start_of, task_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS = "osD^v"


def name(settings: Json) -> str:
    """Return the name of the figure's files."""
    return file_name(settings["evaluation"])


def figure(settings: Json, statistics: Json, numbers: Numbers) -> Figure:
    """Draw a panel for each row of protocol and shots, in it a line a task, a mark an arm, and the highest floor."""
    start, tasks = start_of(settings["study"], settings["evaluation"]), [*settings["tasks"]]
    tasks += [statistics["group"]] if statistics["group"] else []
    places = [
        (model, arm) for arm, models in sorted(settings["arms"], key=lambda one: one[0] != BASE) for model in models
    ]
    several = len({model for model, _ in places}) > 1
    rows = statistics["rows"][:MOST]
    titles = [f"{row['protocol']}, {row['shots']} shots" for row in rows]
    drawn, axes = panels(titles, 1.3 + (0.2 + 0.08 * len(places)) * len(tasks))
    for axis, row in zip(axes, rows, strict=True):
        for height, task in enumerate(tasks):
            for place, (model, arm) in enumerate(places):
                key = mean_key(start, arm, model, row_name(row), task, "acc")
                at = height + (place - (len(places) - 1) / 2) * min(0.22, 0.7 / len(places))
                label = (f"{arm}, {model}" if several else arm) if height == 0 else None
                colour, marker = COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]
                dot(axis, numbers[key], at, colour, arm != BASE, marker, label)
            keys = [
                mean_key(start, floor, model, row_name(row), task, "acc")
                for floor in FLOOR_TITLES
                for model in dict.fromkeys(model for model, _ in places)
            ]
            highest = max(numbers.value(key) for key in keys if key in numbers)
            axis.plot(
                [highest, highest], [height - 0.4, height + 0.4], color=GREY, linewidth=1.4, zorder=1,
                label="highest floor" if height == 0 else None,
            )  # fmt: skip
        label_rows(axis, [task_title(task) for task in tasks])
        share_axis(axis, "accuracy")
    legend(drawn, axes[0], min(4, len(places) + 1))
    return drawn
