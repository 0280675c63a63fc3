"""Numbers of a study's panel, for numbers.json. Reads panel/statistics.json."""

from __future__ import annotations

from kotune.core.storage import Json, read_json
from kotune.report.panel_names import KEY
from kotune.report.panel_tables import entries_of
from kotune.report.view import Report


def panel(report: Report) -> dict[str, Json]:
    """Return the entries of the panel; none where a study has none."""
    if not report.settings.get(KEY):
        return {}
    return entries_of({"study": report.name, "digits": report["digits"]}, read_json(report.panel))
