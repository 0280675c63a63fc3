"""Texts that are not printed: rows of data sets whose entry says `show: none`, and the answers to them.

Takes catalogue entries and rows; reads and writes nothing. Scores of such rows are printed as any other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from kotune.core.names import GOLDS
from kotune.core.storage import Json, read_parquet
from kotune.study.mixtures import MIXTURE
from kotune.study.quality import ADD

if TYPE_CHECKING:
    from kotune.report.view import Report
    from kotune.study.study import Study

HIDDEN = "(not shown)"
KEY = "hidden"  # in the settings of a report: the rowsets, or whether an evaluation's rows, are not shown


def hides(name: str, datasets: Json) -> bool:
    """Return whether the texts of a data set are not to be printed; a user's own rows are in no catalogue."""
    return datasets.get(name, {}).get("show") == "none"


def _sources(source: Json) -> list[str]:
    """Return the data sets that rows come from: one, or the parts of a mixture."""
    return [source["dataset"], *(part["dataset"] for part in source.get(MIXTURE, {}).get("parts", []))]


def hides_source(source: Json, datasets: Json) -> bool:
    """Return whether rows of a source are not to be printed."""
    return any(hides(name, datasets) for name in _sources(source))


def hidden_rowsets(study: Study, datasets: Json) -> list[str]:
    """Return the rowsets of a study whose rows are not to be printed: all, or those to which such rows are added."""
    rowsets = study.settings["rowsets"]
    if hides_source(study.source, datasets):
        return list(rowsets)
    return [name for name, given in rowsets.items() if any(hides(one, datasets) for one in given.get(ADD, ()))]


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
