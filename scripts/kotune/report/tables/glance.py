"""At a glance, as a table: the selected model before and after tuning, the main ensemble, and the bound of any choice.

Reads numbers. The first page shows it, and report.html opens on it; so a cell is a text, with its interval.
"""

from __future__ import annotations

from kotune.core.names import BASE, ENSEMBLE
from kotune.printing.numbers import Numbers, mean_key
from kotune.printing.table import Cell, Column, Table, build, text
from kotune.report.titles import method_title, metric_title
from kotune.report.view import Report


def glance_table(report: Report, numbers: Numbers) -> Table:
    """Return the study's main results, a column a split; no row where nothing was tuned and selected."""
    metric = report["primary_metric"]
    columns = [Column("what", f"{metric_title(report, metric)}, mean and 95 % interval")]
    columns += [Column(split, split) for split in report["reported"]]
    rows = [
        {"what": text(title)} | {split: _mean(numbers, key) for split, key in keys.items()}
        for title, keys in _found(report, numbers, metric)
    ]
    return build("glance", "At a glance", columns, [rows])


def _mean(numbers: Numbers, key: str) -> Cell:
    """Return the cell of a mean with its interval as one text; an empty one where it is not known."""
    if key not in numbers:
        return text("")
    shown = f"{numbers[key]['text']} {numbers[key].get('interval', '')}".strip()
    return Cell(shown, shown, key)


def _found(report: Report, numbers: Numbers, metric: str) -> list[tuple[str, dict[str, str]]]:
    """Return the title of each row, and the key of its number on each split."""
    start = f"{report.name}.finding"
    if f"{start}.selected.winner" not in numbers:
        return []
    winner = numbers[f"{start}.selected.winner"]
    shown = winner.get("shown", winner["name"])

    def means(model: str, arm: str) -> dict[str, str]:
        return {split: mean_key(report.name, model, arm, split, metric) for split in report["reported"]}

    rows = [
        (f"{shown} before tuning", means(winner["name"], BASE)),
        (
            f"{shown} after tuning ({winner['arm']}), selected on {winner['split']}",
            means(winner["name"], winner["arm"]),
        ),
    ]
    if report.main_method:
        title = f"ensemble of {len(report.members)}: {method_title(report.main_method)}"
        rows.append((title, means(ENSEMBLE, report.main_method)))
    bounds = {split: f"{start}.best.oracle.{split}" for split in report["reported"]}
    if all(key in numbers and "bound" in numbers[key] for key in bounds.values()):
        rows.append((f"upper bound: always the best of the members' answers by {metric_title(report, metric)}", bounds))
    return rows
