"""All of a study's numbers: what its files hold, what follows from that, and by what the paper chooses its words.

Reads whatever the modules beside it read (`report.inputs.numbers_inputs`); gives the entries of numbers.json.
"""

from __future__ import annotations

from kotune.core.storage import Json, read_json
from kotune.printing.numbers import Numbers, merged
from kotune.report.gather import (
    bias,
    cleanup,
    content,
    effort,
    examples,
    findings,
    flips,
    harness,
    outcomes,
    panel,
    published,
    published_tasks,
    quality,
    study,
    votes,
    windows,
    worked,
)
from kotune.report.view import Report


def numbers_of(report: Report) -> dict[str, Json]:
    """Return every number of a study but its costs, by key."""
    where = str(report.folder)
    selection = read_json(report.folder / "selection.json")
    found = Numbers(study.gathered(report), where)
    known = Numbers(
        merged(
            [
                found.entries,
                effort.training(report, found),
                effort.answers(report),
                cleanup.cleanup(report),
                content.content(report),
                flips.flips(report),
                outcomes.outcomes(report),
                harness.harness(report),
                bias.bias(report),
                panel.panel(report),
                quality.quality(report),
                votes.votes(report),
                votes.members(report),
                worked.worked(report),
                windows.windows(report),
                examples.examples(report),
            ]
        ),
        where,
    )
    document = published.document_of(report)
    records = [report.shown(report["published"])] if document else []
    tasks = published_tasks.entries_of(report, document, known, records)
    return merged(
        [known.entries, published.published(report, known), tasks, findings.findings(report, known, selection)]
    )
