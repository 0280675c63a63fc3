"""Numbers of a study's evaluations by lm-evaluation-harness, for numbers.json.

Reads harness/{evaluation}/statistics.json of each.
"""

from __future__ import annotations

from kotune.core.storage import Json, read_json
from kotune.printing.numbers import merged
from kotune.report.harness_numbers import entries_of
from kotune.report.view import Report


def harness(report: Report) -> dict[str, Json]:
    """Return the entries of all evaluations by the harness; none where a study asks none."""
    return merged(
        entries_of(one, read_json(report.harness(one["evaluation"]))) for one in report.settings.get("harness", [])
    )
