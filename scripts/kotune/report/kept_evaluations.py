"""What kept results say of a study's other evaluations: a Markdown table of means with intervals for each.

Takes a kept folder as it was read (`report.kept`); reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.plain import markdown
from kotune.report.kept import Kept

DIGITS = 3


def block_name(evaluation: str) -> str:
    """Return the name of an evaluation's block, behind that of the kept folder."""
    return f"evaluation-{evaluation}"


def _mean(line: Json) -> str:
    value, low, high = (fixed(line[key], DIGITS) for key in ("mean", "low", "high"))
    if line["low"] == line["high"]:  # all rows alike: no resample differs
        return f"{value} [no spread seen]"
    return f"{value} [{low}, {high}]"


def table(one: Json) -> str:
    """Return the table of an evaluation: a row for each group of rows and arm, a column a metric."""
    rows: dict[tuple[str, str, str], dict[str, Json]] = {}
    for line in one["means"]:
        rows.setdefault((line["split"], line["model"], line["arm"]), {})[line["metric"]] = line
    head = [one["parted_by"], "n", "model", "arm", "seeds", *one["metrics"].values()]
    lines = []
    for (split, model, arm), found in rows.items():
        first = next(iter(found.values()))
        counts = [str(first["n"]), model, arm, str(len(first["seeds"]))]
        lines.append([split, *counts, *(_mean(found[name]) if name in found else "–" for name in one["metrics"])])
    return markdown(head, lines)


def blocks(kept: Kept) -> dict[str, str]:
    """Return what pages show of the evaluations, by the name of the block."""
    return {block_name(one["evaluation"]): table(one) for one in kept.about.get("evaluations", [])}


def parts(kept: Kept) -> list[tuple[str, str, str]]:
    """Return title, block and note of each part of the page, in order."""
    note = "Means over seeds and rows, with 95 % intervals. Rows that a label parts are never counted together."
    return [(one["title"], block_name(one["evaluation"]), note) for one in kept.about.get("evaluations", [])]
