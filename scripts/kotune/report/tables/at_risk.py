"""What a table that shows exact match says of gold answers whose numbers KorQuAD's rule cannot tell apart.

Reads numbers.
"""

from __future__ import annotations

from kotune.printing.numbers import Numbers
from kotune.report.view import Report

METRIC = "exact_match"


def notes(report: Report, numbers: Numbers) -> list[str]:
    """Return the sentence on gold answers in danger on the reported splits; nothing where there are none."""
    if METRIC not in report["metrics"]:
        return []
    rowset, told = report.first["rowset"], []
    for split in report["reported"]:
        start = f"{report.name}.data.{rowset}.{split}"
        if f"{start}.numbers_at_risk" in numbers:
            rows, at_risk, pairs = (
                f"{numbers.value(f'{start}.{name}'):,.0f}" for name in ("rows", "numbers_at_risk", "numbers_colliding")
            )
            told.append(f"{split} {at_risk} of {rows} ({pairs} pairs of different texts become one)")
    if not told:
        return []
    return [
        "Exact match follows KorQuAD, which deletes decimal points, signs and slashes: 3.5% equals 35%. Rows whose "
        f"gold answer loses one: {'; '.join(told)}. Exact match (numbers) tells them apart (docs/metrics.md)."
    ]
