"""The table of exports of real models: what each form answers, beside the arm it was made of.

Reads docs/measured/exports/, each document of one arm: card, day, commit, packages, and of each form what its record
found (`export.export`); writes nothing. `tools/fill_measured.py` prints the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kotune.core.storage import Json, read_json
from kotune.export.usage import percent, score_cells
from kotune.printing.plain import markdown


def _row(document: Json, report: Json) -> list[str]:
    found, arm = report["answers"], f"{document['study']}, {report['model']}, {report['arm']}, seed {report['seed']}"
    scored = f"{found['score']['metric']}, {found['rows']} rows of {found['split']}"
    mark = "loses more than its noise" if found["loses"] else ""
    return [arm, report["form"], percent(found["agreement"]), scored, *score_cells(found), mark]


def table(documents: Sequence[Json]) -> str:
    """Return the table in Markdown: a row a form, scores in hundredths; below it the cards."""
    head = ["arm", "form", "answers alike", "metric", "before", "after", "95 % interval of the difference", ""]
    rows = [_row(one, report) for one in documents for report in one["reports"]]
    told = [f"{one['card']}, {one['on']}, {one['dtype']}, commit {one['commit'][:12]}" for one in documents]
    return markdown(head, rows) + ("\nMeasured on " + "; ".join(dict.fromkeys(told)) + "." if told else "")


def kept_at(root: Path) -> list[Json]:
    """Return the documents that are kept."""
    return [read_json(path) for path in sorted((root / "docs/measured/exports").glob("*.json"))]
