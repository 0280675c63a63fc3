"""Numbers of how far ratings of rows may be believed, what rules find, and what was chosen, for numbers.json.

Reads quality/ratings.json, and the audits of rowsets that arms use.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.storage import Json, read_json
from kotune.printing.numbers import count, number
from kotune.report.quality_names import FIGURE
from kotune.report.view import Report

DIGITS = 3


def document_file(report: Report) -> list[Path]:
    """Return the document of the ratings; nothing where a study rates no rows."""
    return [report.folder / "quality" / "ratings.json"] if report.settings.get(FIGURE) else []


def quality(report: Report) -> dict[str, Json]:
    """Return the entries of a study's ratings and choices; none where it rates no rows."""
    found: dict[str, Json] = {}
    for path in document_file(report):
        found |= _of_ratings(f"{report.name}.quality", read_json(path), [report.shown(path)])
        for rowset in report.rowsets():
            audit = report.audit(rowset)
            told = read_json(audit).get("chosen")
            found |= _of_choice(f"{report.name}.quality.{rowset}", told, [report.shown(audit)]) if told else {}
    return found


def _of_ratings(start: str, document: Json, records: list[str]) -> dict[str, Json]:
    judged, rows = document["validation"], document["rows"]
    found = {f"{start}.{name}": count(document[name], records) for name in ("rows", "labelled", "learned", "threshold")}
    found[f"{start}.held_out"] = count(judged["rows"], records)
    for name in ("binary_f1", "macro_f1"):
        ends = tuple(judged[name]["interval"]) or None
        found[f"{start}.{name}"] = number(judged[name]["value"], DIGITS, records, ends, n=judged["rows"])
    for one in document.get("second", ()):
        ends = tuple(one["binary_f1"]["interval"]) or None
        found[f"{start}.second.{one['kind']}.binary_f1"] = number(
            one["binary_f1"]["value"], DIGITS, records, ends, n=one["rows"]
        )
    for at, gone in document["removed"].items():
        found[f"{start}.removed.{at}"] = number(100 * gone / rows, 1, records, n=rows)
    return found | {f"{start}.{name}": count(few, records, n=rows) for name, few in document["features"].items()}


def _of_choice(start: str, told: Json, records: list[str]) -> dict[str, Json]:
    found = {f"{start}.{name}": count(told[name], records) for name in ("of_rows", "kept", "added")}
    for side, lengths in told["lengths"].items():
        for kind, value in lengths.items():
            found[f"{start}.{side}_chars.{kind}"] = number(value, 1, records, n=told["kept"] + told["added"])
    return found
