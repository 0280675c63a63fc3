"""Numbers of a study's questions on social groups, for numbers.json.

Reads harness/{evaluation}/statistics.json of each.
"""

from __future__ import annotations

from kotune.core.storage import Json, read_json
from kotune.printing.numbers import merged
from kotune.report.bias_numbers import entries_of
from kotune.report.view import Report


def bias(report: Report) -> dict[str, Json]:
    """Return the entries of all such evaluations; none where a study asks none."""
    return merged(
        entries_of(one, read_json(report.harness(one["evaluation"]))) for one in report.settings.get("bias", [])
    )
