"""Tables and figure of an evaluation whose rows a label parts: each group for itself, never all rows together.

Takes the settings of `report.settings.evaluation_of`, what `scoring.grouped` found, and its numbers
(`report.evaluations`); reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.figure_style import COLOURS
from kotune.printing.numbers import Numbers, difference_key, mean_key
from kotune.printing.panels import MOST, dot, label_rows, legend, panels, share_axis
from kotune.printing.table import Cell, Column, Row, Table, build, shown_at, text
from kotune.report.evaluation_names import file_name, finer_name, quality_name
from kotune.report.titles import INTERVALS
from kotune.scoring.grouped import BETWEEN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BESIDE = 3  # metrics of the first table: the primary one and the next two
COMPARED = (
    Column("difference", "difference", "interval", "against the base"),
    Column("p", "p", "number", "against the base"),
    Column("p_holm", "p, Holm", "number", "against the base"),
)


def start_of(settings: Json) -> str:
    """Return how the keys of an evaluation's numbers begin."""
    return f"{settings['study']}.evaluation.{settings['evaluation']}"


def finer(statistics: Json) -> Json:
    """Return what was found of the finer groups, in the form of the whole."""
    return {**statistics, **statistics["finer"]}


def _names(statistics: Json) -> list[str]:
    return [group["name"] for group in statistics["groups"]]


def _places(settings: Json) -> list[tuple[str, str]]:
    """Return each (model, arm), the base first."""
    return [
        (model, arm) for arm, models in sorted(settings["arms"], key=lambda one: one[0] != BASE) for model in models
    ]


def _first(settings: Json) -> list[str]:
    """Return the metrics of the first table, the primary one first."""
    primary = settings["primary_metric"]
    return [primary, *(name for name in settings["metrics"] if name != primary)][:BESIDE]


def _count(entry: Json) -> Cell:
    return Cell(entry["n"], f"{entry['n']:,}")


def _compared(settings: Json, numbers: Numbers, model: str, arm: str, group: str, metric: str) -> dict[str, Cell]:
    """Return the cells of an arm's difference to the base; nothing where it was not compared."""
    key = difference_key(start_of(settings), (model, BASE), (model, arm), group, metric)
    if key not in numbers:
        return {}
    keys = {"difference": key, "p": f"{key}.p"}
    keys |= {"p_holm": f"{key}.p_holm"} if f"{key}.p_holm" in numbers else {}
    return shown_at(numbers, COMPARED, keys)


def _note(settings: Json, *more: str) -> str:
    told = f"Rows: {settings['dataset']}; prompt: {settings['prompt']}. A group's n is its rows."
    return " ".join([INTERVALS, *more, told])


def first_table(settings: Json, numbers: Numbers, statistics: Json) -> Table:
    """Return the table of the primary metric and two beside it: a row for each group, model and arm."""
    start, metrics, primary = start_of(settings), _first(settings), settings["primary_metric"]
    titles = {name: facts["title"] for name, facts in settings["metric_facts"].items()}
    columns = [Column("group", settings["by"][0]), Column("model", "model"), Column("arm", "arm")]
    columns += [Column("n", "n", "count"), *(Column(name, titles[name], "interval") for name in metrics), *COMPARED]
    sections = []
    for group in _names(statistics):
        rows: list[Row] = []
        for model, arm in _places(settings):
            keys = {name: mean_key(start, model, arm, group, name) for name in metrics}
            keys = {name: key for name, key in keys.items() if key in numbers}
            if not keys:
                continue
            row = {"group": text(group), "model": text(model), "arm": text(arm)}
            row |= {"n": _count(numbers[next(iter(keys.values()))]), **shown_at(numbers, columns, keys)}
            rows.append(row | _compared(settings, numbers, model, arm, group, primary))
        sections.append(rows)
    note = _note(settings, f"Differences are of: {titles[primary]}; Holm's correction is over the arms within a group.")
    return build(file_name(settings["evaluation"]), settings["title"], columns, sections, [note])


def quality_table(settings: Json, numbers: Numbers, statistics: Json) -> Table:
    """Return the table of all other metrics: a row for each group, metric, model and arm."""
    start = start_of(settings)
    columns = [
        Column("group", settings["by"][0]), Column("metric", "metric"), Column("model", "model"), Column("arm", "arm"),
        Column("n", "n", "count"), Column("mean", "mean", "interval"), *COMPARED[:2],
    ]  # fmt: skip
    sections = []
    for group in _names(statistics):
        rows: list[Row] = []
        for metric in (name for name in settings["metrics"] if name not in _first(settings)):
            for model, arm in _places(settings):
                key = mean_key(start, model, arm, group, metric)
                if key not in numbers:
                    continue
                row = {"group": text(group), "metric": text(settings["metric_facts"][metric]["title"])}
                row |= {"model": text(model), "arm": text(arm), "n": _count(numbers[key])}
                row |= shown_at(numbers, columns, {"mean": key})
                rows.append(row | _compared(settings, numbers, model, arm, group, metric))
        sections.append(rows)
    note = _note(
        settings, "p values are not corrected here. A metric against gold answers is of groups that have them."
    )
    return build(quality_name(settings["evaluation"]), f"{settings['title']}: quality", columns, sections, [note])


def _finer_groups(statistics: Json) -> Iterator[tuple[str, list[str]]]:
    """Return each group and its finer groups."""
    names = list(dict.fromkeys(line["split"] for line in statistics["finer"]["means"]))
    for group in _names(statistics):
        yield group, [name for name in names if name.startswith(f"{group}{BETWEEN}")]


def finer_table(settings: Json, numbers: Numbers, statistics: Json) -> Table:
    """Return the table of the primary metric by finer group, a column an arm; differences and p are not printed."""
    start, metric, arms = start_of(settings), settings["primary_metric"], [arm for _, arm in _places(settings)]
    arms = list(dict.fromkeys(arms))
    columns = [Column(f"by_{label}", label) for label in settings["by"]] + [Column("model", "model")]
    columns += [Column("n", "n", "count"), *(Column(arm, arm, "interval") for arm in arms)]
    for arm in arms:
        if arm != BASE:
            columns += [
                Column(f"{arm}_{one.name}", one.title, one.kind, f"{arm} against the base", printed=False)
                for one in COMPARED
            ]
    sections = []
    for group, names in _finer_groups(statistics):
        rows: list[Row] = []
        for name in names:
            for model in dict.fromkeys(model for model, _ in _places(settings)):
                keys = {arm: mean_key(start, model, arm, name, metric) for arm in arms}
                keys = {arm: key for arm, key in keys.items() if key in numbers}
                if not keys:
                    continue
                of = name.removeprefix(f"{group}{BETWEEN}")
                row = dict(zip((column.name for column in columns), map(text, (group, of, model)), strict=False))
                row |= {"n": _count(numbers[next(iter(keys.values()))]), **shown_at(numbers, columns, keys)}
                for arm in keys:
                    cells = _compared(settings, numbers, model, arm, name, metric)
                    row |= {f"{arm}_{what}": cell for what, cell in cells.items()}
                rows.append(row)
        sections.append(rows)
    title = settings["metric_facts"][metric]["title"]
    single = statistics["finer"]["single"]
    alone = [f"Left out, since one {settings['unit']} has no interval: {', '.join(single)}."] if single else []
    told = "Differences to the base and their p, corrected over all finer groups of a group, are in CSV."
    note = _note(settings, told, *alone)
    return build(finer_name(settings["evaluation"]), f"{settings['title']}: {title}", columns, sections, [note])


def figure(settings: Json, numbers: Numbers, statistics: Json) -> Figure:
    """Return the figure of the primary metric: a panel a group, a row a model, a mark an arm."""
    groups, metric, start = _names(statistics)[:MOST], settings["primary_metric"], start_of(settings)
    places = [
        (model, arm) for model, arm in _places(settings) if mean_key(start, model, arm, groups[0], metric) in numbers
    ]
    models, arms = (list(dict.fromkeys(place[side] for place in places)) for side in (0, 1))
    room = max(0.3, 0.12 * len(arms))
    drawn, axes = panels(groups, 1.2 + room * len(models))
    for axis, group in zip(axes, groups, strict=True):
        labelled = set()
        for model, arm in places:
            place = arms.index(arm)
            height = models.index(model) + (place - (len(arms) - 1) / 2) * min(0.26, 0.8 / len(arms))
            entry = numbers[mean_key(start, model, arm, group, metric)]
            label = None if arm in labelled else arm
            labelled.add(arm)
            dot(axis, entry, height, COLOURS[place % len(COLOURS)], arm != BASE, "osD^v"[place % 5], label)
        label_rows(axis, models)
        if settings["metric_facts"][metric]["share"]:
            share_axis(axis, settings["metric_facts"][metric]["title"])
    legend(drawn, axes[0], len(arms))
    return drawn
