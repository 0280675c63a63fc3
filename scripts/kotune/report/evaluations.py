"""An evaluation's table and figure: what each arm scored, and how far that is from the base.

Takes the document that comparing the evaluation's scores wrote (evaluations/{evaluation}.json), how its answers ended
and what `report.settings.evaluation_of` says; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.figure_style import COLOURS
from kotune.printing.numbers import Numbers, answered_key, difference_key, mean_key, number
from kotune.printing.panels import MOST, dot, label_rows, legend, panels, share_axis
from kotune.printing.table import Column, Row, Table, build, shown_at, text
from kotune.report.evaluation_names import file_name
from kotune.report.gather.effort import counts_as_numbers
from kotune.report.gather.study import compared, judged
from kotune.report.gather.windows import as_numbers
from kotune.report.tables import answered
from kotune.report.titles import INTERVALS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _start(settings: Json) -> str:
    """Return how the keys of an evaluation's numbers begin."""
    return f"{settings['study']}.evaluation.{settings['evaluation']}"


def _records(settings: Json, lines: list[Json]) -> list[str]:
    """Return the records of the scores that means are of."""
    folder = f"{settings['study']}/scores/{settings['evaluation']}"
    return [
        f"{folder}/{line['model']}/{line['arm']}/seed{seed}.record.json" for line in lines for seed in line["seeds"]
    ]


def numbers_of(
    settings: Json,
    statistics: Json,
    counted: Sequence[tuple[Json, dict[str, dict[str, int]]]],
    embedded: Sequence[tuple[str, Json]] = (),
) -> Numbers:
    """Return each mean and each difference of an evaluation as numbers with their records, and how answers ended.

    ``embedded``: the name of a record of scores and what it says of the embedder.
    ``counted``: a label {"model", "arm", "seed"} and its counts (`scoring.answer_files.counts_of`) of each answer file.
    """
    start, digits, entries = _start(settings), settings["digits"], {}
    means = {(line["model"], line["arm"]): line for line in statistics["means"]}
    for line in statistics["means"]:
        key = mean_key(start, line["model"], line["arm"], line["split"], line["metric"])
        facts = {"n": line["n"], "articles": line["articles"], "no_spread": line.get("no_spread")}
        entries[key] = number(line["mean"], digits, _records(settings, [line]), (line["low"], line["high"]), **facts)
    for pair in statistics["pairs"]:
        a, b = ((pair[side]["model"], pair[side]["arm"]) for side in ("a", "b"))
        key = difference_key(start, a, b, pair["split"], pair["metric"])
        entries |= judged(key, pair, digits, _records(settings, [means[a], means[b]]), {"n": pair["n"]})
    entries |= compared(start, statistics, [f"{settings['study']}/evaluations/{settings['evaluation']}.json"])
    of_seeds: dict[tuple[str, str], list[dict[str, dict[str, int]]]] = {}
    for label, counts in counted:
        of_seeds.setdefault((label["model"], label["arm"]), []).append(counts)
    for (model, arm), found in of_seeds.items():
        records = _records(settings, [means[model, arm]]) if (model, arm) in means else []
        entries |= counts_as_numbers(start, model, arm, found, records)
    entries |= as_numbers(start, embedded)
    return Numbers(entries, f"evaluations/{settings['evaluation']}.json")


def _places(settings: Json, numbers: Numbers) -> list[tuple[str, str]]:
    """Return each (model, arm) that has scores, arms in the study's order and the base first."""
    start, metric, split = _start(settings), settings["primary_metric"], settings["splits"][0]
    return [
        (model, arm)
        for arm, models in sorted(settings["arms"], key=lambda one: one[0] != BASE)
        for model in models
        if mean_key(start, model, arm, split, metric) in numbers
    ]


def _against_base(settings: Json, model: str, arm: str, split: str) -> str:
    """Return the key of an arm's difference to the base, by the primary metric."""
    return difference_key(_start(settings), (model, BASE), (model, arm), split, settings["primary_metric"])


def _columns(settings: Json, compared: bool) -> list[Column]:
    """Return model and arm, each metric on each split, and the difference to the base where there is one."""
    columns = [Column("model", "model"), Column("arm", "arm")]
    titles = {name: facts["title"] for name, facts in settings["metric_facts"].items()}
    for split in settings["splits"]:
        columns += [Column(f"{split}_{name}", titles[name], "interval", split) for name in settings["metrics"]]
        columns += answered.columns(f"{split}_", split)
        if compared:
            against = f"{split}: {titles[settings['primary_metric']]} against the base"
            columns += [
                Column(f"{split}_difference", "difference", "interval", against),
                Column(f"{split}_p", "p", "number", against),
                Column(f"{split}_p_holm", "p, Holm", "number", against),
            ]
    return columns


def table(settings: Json, numbers: Numbers) -> Table:
    """Return an evaluation's table: a row for each arm of each model."""
    start, places = _start(settings), _places(settings, numbers)
    compared = any(_against_base(settings, *one, split) in numbers for one in places for split in settings["splits"])
    columns = _columns(settings, compared)
    sections: dict[str, list[Row]] = {}
    for model, arm in places:
        keys = {
            f"{split}_{name}": mean_key(start, model, arm, split, name)
            for split in settings["splits"]
            for name in settings["metrics"]
        }
        for split in settings["splits"]:
            key = _against_base(settings, model, arm, split)
            if key in numbers:
                keys |= {f"{split}_difference": key, f"{split}_p": f"{key}.p"}
                keys |= {f"{split}_p_holm": f"{key}.p_holm"} if f"{key}.p_holm" in numbers else {}
        row = {"model": text(model), "arm": text(arm), **shown_at(numbers, columns, keys)}
        for split in settings["splits"]:
            row |= answered.cells(numbers, f"{split}_", answered_key(start, model, arm, split))
        sections.setdefault(arm, []).append(row)
    return build(
        file_name(settings["evaluation"]),
        settings["title"],
        columns,
        list(sections.values()),
        [_note(settings, numbers)],
    )


def _note(settings: Json, numbers: Numbers) -> str:
    """Return what stands below the table: how many rows, what the intervals are."""
    model, arm = _places(settings, numbers)[0]
    units = {}
    for split in settings["splits"]:
        entry = numbers[mean_key(_start(settings), model, arm, split, settings["primary_metric"])]
        units[split] = f" ({entry['articles']} {settings['unit']}s)"
    told = answered.note(numbers, _start(settings), settings["splits"], units)
    return f"{INTERVALS} {told} Rows: {settings['dataset']}; prompt: {settings['prompt']}."


def figure(settings: Json, numbers: Numbers) -> Figure:
    """Return an evaluation's figure, of its first split: a panel a metric, a row a model, a mark an arm."""
    facts = settings["metric_facts"]
    shown = [name for name in settings["metrics"] if facts[name]["share"]][:MOST] or settings["metrics"][:1]
    places = _places(settings, numbers)
    models, arms = (list(dict.fromkeys(place[side] for place in places)) for side in (0, 1))
    drawn, axes = panels([facts[name]["title"] for name in shown], 1.1 + 0.3 * len(models))
    for axis, name in zip(axes, shown, strict=True):
        labelled = set()
        for model, arm in places:
            entry = numbers[mean_key(_start(settings), model, arm, settings["splits"][0], name)]
            place = arms.index(arm)
            height = models.index(model) + (place - (len(arms) - 1) / 2) * min(0.26, 0.8 / len(arms))
            label = None if arm in labelled else arm
            labelled.add(arm)
            dot(axis, entry, height, COLOURS[place % len(COLOURS)], arm != BASE, "osD^v"[place % 5], label)
        label_rows(axis, models)
        if facts[name]["share"]:
            share_axis(axis)
    legend(drawn, axes[0], len(arms))
    return drawn
