"""The table of docs/quality.md on what preferences can show: ceiling, floors and power.

Takes what tools/measure_floors.py measured (docs/measured/floors.json); reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from kotune.core.storage import Json
from kotune.printing.plain import markdown


def _percent(share: Json | None) -> str:
    return f"{100 * share['mean']:.0f} [{100 * share['low']:.0f}, {100 * share['high']:.0f}]" if share else "–"


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _rows(name: str, found: Json) -> list[list[str]]:
    pairs = found["pairs"]
    told = f"{pairs['pairs']:,} of {pairs['prompts']:,} prompts in {pairs['topics'] or 'unknown'} topics"
    rows = [
        [f"{name}: pairs", f"{told}; the two largest hold {' and '.join(f'{size:,}' for size in pairs['largest'])}"],
        ["bigrams right by question, %", _percent(pairs["by_question"])],
        ["bigrams right by topic, %", _percent(pairs["by_topic"])],
        ["accuracy that 80 % power detects, %", f"{100 * power:.0f}" if (power := pairs["detectable"]) else "–"],
    ]
    if one := found.get("annotators"):
        told = f"{_two(one['alpha'])} (two annotators say the same in {one['pairwise']:.0%})"
        rows.append([f"annotators' agreement on {one['items']:,} items, Krippendorff's α", told])
        rows.append(["pairs whose two sides all annotators agree on", f"{found['unanimous']:,}"])
    if one := found.get("labels"):
        auc = " / ".join(_two(one[key]) for key in ("by_question", "by_topic"))
        rows.append([f"area under the ROC curve on {one['rows']:,} labels, by question / by topic", auc])
    return rows


def table(found: Mapping[str, Json]) -> str:
    """Return the table in Markdown, the rows of each data set together."""
    return markdown(["what", "is"], [row for name, one in found.items() for row in _rows(name, one)])
