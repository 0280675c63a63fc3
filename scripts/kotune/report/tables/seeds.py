"""The table of seeds: what each training of a model scored, and how far they are from each other.

Reads numbers.
"""

from __future__ import annotations

from kotune.core.names import BASE, ENSEMBLE
from kotune.printing.numbers import Numbers, difference_key, mean_key
from kotune.printing.table import Column, Row, Table, build, shown_at, text
from kotune.report.titles import metric_title, side_title, uneven_seeds
from kotune.report.view import Report

ONE = "There is one seed: intervals cover the choice of articles, not the randomness of training."


def seeds_table(report: Report, numbers: Numbers) -> Table:
    """Each seed's score by the primary metric, and what it added to the base, with the standard deviation of seeds."""
    seeds = sorted({seed for arm in report["arms"] for seed in report.seeds(arm)})
    columns = [
        Column("split", "split"),
        Column("of", "of"),
        *(Column(f"seed{seed}", str(seed), "number", "seed") for seed in seeds),
        Column("mean", "mean", "interval"),
        Column("seed_sd", "s.d. of seeds", "number"),
    ]
    sections = [_of_split(report, numbers, columns, split) for split in report["reported"]]
    title = f"What each seed scored: {metric_title(report, report['primary_metric'])}"
    several = any(sections)
    notes = [
        f"The interval of the mean takes seeds and {report['task']['unit']}s for drawn at random; s.d.: of the seeds' "
        "numbers." + uneven_seeds(report)
    ]
    return build("seeds", title, columns, sections, notes if several else [ONE])


def _of_split(report: Report, numbers: Numbers, columns: list[Column], split: str) -> list[Row]:
    """Return a split's rows: each model under an arm that has several seeds, what tuning added, and each ensemble."""
    metric = report["primary_metric"]
    sides = [(model, arm) for arm in report.tuned_arms for model in report["arms"][arm]["models"]]
    sides += [(ENSEMBLE, method) for method in report.methods]
    named = []
    for side in sides:
        named.append((side_title(*side), mean_key(report.name, *side, split, metric)))
        gain = difference_key(report.name, (side[0], BASE), side, split, metric)
        named.append((f"{side_title(*side)} less base", gain))
    rows = []
    for name, key in named:
        if f"{key}.seed_sd" in numbers:
            keys = {
                column.name: f"{key}.{column.name}" for column in columns if column.group or column.name == "seed_sd"
            }
            keys = {column: of for column, of in keys.items() if of in numbers} | {"mean": key}
            rows.append({"split": text(split), "of": text(name), **shown_at(numbers, columns, keys)})
    return rows
