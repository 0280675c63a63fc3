"""How programs ended that answers make: passed, failed, an error, a limit; of a study's own rows and its evaluations.

Reads score files, whose lines say it of metrics that run programs; gives entries for numbers.json.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kotune.core.names import OWN
from kotune.core.storage import Json
from kotune.printing.numbers import count, outcomes_key
from kotune.report.view import Report, Treatment
from kotune.scoring.score_columns import read_scores

OUTCOME = "outcome"  # of a score line


def counted(
    report: Report, treatment: Treatment, evaluation: str = OWN, metrics: Sequence[str] | None = None
) -> dict[str, Counter[str]]:
    """Return how many answers of each split ended how, by the first metric that ran them; empty where none did."""
    found: dict[str, Counter[str]] = {}
    scores = read_scores(report.scores(treatment, evaluation=evaluation))
    for metric in report["metrics"] if metrics is None else metrics:
        lines = {key: line[OUTCOME] for key, line in scores.get(metric, {}).items() if OUTCOME in line}
        for (split, _, _), outcome in lines.items():
            found.setdefault(split, Counter())[outcome] += 1
        if lines:
            break
    return found


def outcomes(report: Report) -> dict[str, Json]:
    """Return the counts of each model and arm over its seeds, by split and outcome; nothing where no program ran."""
    others = [one for one in report.settings.get("evaluations", ()) if "programs" in one]
    found = _of(report, OWN, report["metrics"], list(report["arms"]))
    for one in others:
        found |= _of(report, one["name"], one["programs"], one["arms"])
    return found


def _of(report: Report, evaluation: str, metrics: Sequence[str], arms: Sequence[str]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for arm in arms:
        records: dict[str, list[str]] = {}
        sums: dict[tuple[str, str], Counter[str]] = {}
        for treatment in report.treatments(arm):
            model = treatment[0]
            of_splits = counted(report, treatment, evaluation, metrics)
            if of_splits:
                path = report.scores(treatment, "record.json", evaluation)
                records.setdefault(model, []).append(report.shown(path))
            for split, of_split in of_splits.items():
                sums.setdefault((model, split), Counter()).update(of_split)
        for (model, split), of_split in sums.items():
            key = outcomes_key(report.name, model, arm, split, evaluation)
            found |= {f"{key}.{name}": count(number, records[model]) for name, number in sorted(of_split.items())}
    return found
