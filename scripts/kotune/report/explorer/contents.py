"""What the answers explorer holds: an index of the studies and their evaluations, and a document of each evaluation.

Reads what `report.explorer.document` and `report.explorer.benchmark_items` read; writes nothing.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.report.explorer import benchmark_items
from kotune.report.explorer import document as of_rows


def of_studies(asked: Json) -> tuple[Json, list[Json]]:
    """Return the page's index and its documents; ``asked``: the settings of `plan.explorer`."""
    documents, studies = [], []
    for study in asked["studies"]:
        sets = []
        for one in study["sets"]:
            document = (benchmark_items if "how" in one else of_rows).document_of(one)
            counted = {"rows": len(document["rows"]["id"]), "runs": len(document["runs"])}
            sets.append({"document": len(documents), "name": one["name"], "title": one["title"], **counted})
            documents.append(document | {"by": one.get("by", [])})
        studies.append({key: study[key] for key in ("study", "title", "title_ko")} | {"sets": sets})
    index = {
        "title": f"Answers of {', '.join(study['study'] for study in asked['studies'])} ({asked['scale']})",
        **{key: asked.get(key, "") for key in ("scale", "notice", "notice_ko")},
        "notes": notes(asked),
        "studies": studies,
    }
    return index, documents


def notes(asked: Json) -> list[Json]:
    """Return what the page says at its top of rows that may not, or not surely, be passed on; each data set once.

    ``{"dataset", "licence", "keep_local": whether its rows may not be redistributed}``.
    """
    found: dict[str, Json] = {}
    for dataset in (data for study in asked["studies"] for one in study["sets"] for data in one["datasets"]):
        if dataset["redistribution"] is not True:
            local = dataset["redistribution"] is False
            found[dataset["title"]] = {"dataset": dataset["title"], "licence": dataset["licence"], "keep_local": local}
    return list(found.values())
