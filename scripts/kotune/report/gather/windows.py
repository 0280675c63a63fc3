"""How many texts were longer than the embedder's window, by which similarity is measured.

Takes what the records of scores say of the embedder (`scoring.similarity`); gives entries for numbers.json.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.storage import Json, read_json
from kotune.printing.numbers import count
from kotune.report.view import Report


def embedder_key(name: str) -> str:
    """The key of how many texts were beyond the window; ``name``: of the study, or how an evaluation's keys begin."""
    return f"{name}.embedder.beyond"


def as_numbers(name: str, found: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    """Return the count of texts beyond the window, of all records together; nothing where no window limits any.

    ``found``: a record's name and its facts of the embedder; texts are counted once a record.
    """
    limited = [(record, facts) for record, facts in found if facts.get("window_tokens")]
    if not limited:
        return {}
    _, first = limited[0]
    beyond, texts = (sum(facts[key] for _, facts in limited) for key in ("texts_beyond_window", "texts"))
    told = {"embedder": first["name"], "window": first["window_tokens"], "long": first["long_texts"]}
    return {embedder_key(name): count(beyond, [record for record, _ in limited], n=texts, **told)}


def windows(report: Report) -> dict[str, Json]:
    """Return that count for a study's own scores."""
    paths = [report.scores(one, "record.json") for one in [*report.treatments(), *report.ensembles()]]
    read = [(report.shown(path), read_json(path)) for path in dict.fromkeys(paths)]
    return as_numbers(report.name, [(name, record.get("found", {}).get("embedder") or {}) for name, record in read])
