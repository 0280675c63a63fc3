"""How programs ended that answers make: passed, failed, an error, a limit; of the study's own rows.

Reads score files, whose lines say it of metrics that run programs; gives entries for numbers.json.
"""

from __future__ import annotations

from collections import Counter

from kotune.core.storage import Json
from kotune.printing.numbers import count, outcomes_key
from kotune.report.view import Report
from kotune.scoring.score_columns import read_scores

OUTCOME = "outcome"  # of a score line


def counted(report: Report, treatment: tuple[str, str, int]) -> dict[str, Counter[str]]:
    """Return how many answers of each split ended how, by the first metric that ran them; empty where none did."""
    found: dict[str, Counter[str]] = {}
    scores = read_scores(report.scores(treatment))
    for metric in report["metrics"]:
        lines = {key: line[OUTCOME] for key, line in scores.get(metric, {}).items() if OUTCOME in line}
        for (split, _, _), outcome in lines.items():
            found.setdefault(split, Counter())[outcome] += 1
        if lines:
            break
    return found


def outcomes(report: Report) -> dict[str, Json]:
    """Return the counts of each model and arm over its seeds, by split and outcome; nothing where no program ran."""
    found: dict[str, Json] = {}
    for arm in report["arms"]:
        records: dict[str, list[str]] = {}
        sums: dict[tuple[str, str], Counter[str]] = {}
        for treatment in report.treatments(arm):
            model = treatment[0]
            of_splits = counted(report, treatment)
            if of_splits:
                path = str(report.scores(treatment)).removesuffix("jsonl") + "record.json"
                records.setdefault(model, []).append(report.shown(path))
            for split, of_split in of_splits.items():
                sums.setdefault((model, split), Counter()).update(of_split)
        for (model, split), of_split in sums.items():
            key = outcomes_key(report.name, model, arm, split)
            found |= {f"{key}.{name}": count(number, records[model]) for name, number in sorted(of_split.items())}
    return found
