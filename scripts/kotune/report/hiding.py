"""Texts that are not printed, and what stands in their place; which rows they are of: `report.hidden`.

Takes rows; reads and writes nothing. Scores of such rows are printed as any other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from kotune.core.names import GOLDS
from kotune.core.storage import Json, read_parquet

if TYPE_CHECKING:
    from kotune.report.view import Report

HIDDEN = "(not shown)"
KEY = "hidden"  # in the settings of a report: the rowsets, or whether an evaluation's rows, are not shown


def shown_rows(report: Report, rowset: str, split: str) -> list[Json]:
    """Return a split's rows as they may be printed."""
    rows, task = read_parquet(report.rows(rowset, split)).to_dicts(), report["task"]
    if rowset not in report.settings.get(KEY, ()):
        return rows
    return masked(rows, [*(one["name"] for one in task["asked"]), task["gold"], task["reasoning"]])


def masked(rows: list[Json], texts: Collection[str]) -> list[Json]:
    """Return rows with ``HIDDEN`` in place of each of their texts; what is empty stays so."""
    lists = {GOLDS: [HIDDEN]}
    return [
        {name: (lists.get(name, HIDDEN) if name in (*texts, GOLDS) and value else value) for name, value in row.items()}
        for row in rows
    ]
