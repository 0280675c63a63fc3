"""What the members of an ensemble give it: how often they agree, and what each adds.

Reads answer files and the ensembles' records; gives entries for numbers.json. Votes are counted over the rows that
every member was asked.
"""

from __future__ import annotations

from collections import Counter

from kotune.core.names import ENSEMBLE
from kotune.core.storage import Json, needed, read_json, read_jsonl
from kotune.printing.numbers import count, number
from kotune.report.view import Report
from kotune.scoring.ballots import vote_of


def vote_pattern(answers: list[str]) -> str:
    """Return how many members gave each answer, most first, as ``2:1:0``: equal means equal letter for letter."""
    votes = sorted(Counter(answers).values(), reverse=True)
    return ":".join(str(times) for times in votes + [0] * (len(answers) - len(votes)))


def vote_patterns(members: int) -> list[str]:
    """Return every pattern that so many members can make, from all agreeing to all differing."""

    def split_up(left: int, most: int) -> list[list[int]]:
        if left == 0:
            return [[]]
        return [[first, *rest] for first in range(min(left, most), 0, -1) for rest in split_up(left - first, first)]

    return [":".join(map(str, parts + [0] * (members - len(parts)))) for parts in split_up(members, members)]


def votes(report: Report) -> dict[str, Json]:
    """Return how often the members agree: rows and share of each pattern, on each split that is shown.

    Of several seeds the votes of all are counted: a row once for each. ``fewer``: the rows besides, that some members
    were not asked, and ``nobody``: those of them that none was asked.
    """
    if not report.members:
        return {}
    arm = report["ensembles"]["arm"]
    treatments = [(member, arm, seed) for member in report.members for seed in report.seeds(arm)]
    by_row: dict[tuple[str, str, int], list[str | None]] = {}
    for treatment in treatments:
        for line in read_jsonl(report.answers(treatment)):
            by_row.setdefault((line["split"], line["id"], treatment[2]), []).append(vote_of(line))
    records = [report.shown(report.answers(treatment, "record.json")) for treatment in treatments]
    entries = {}
    for split in report.voted:
        here = [answers for (of, *_), answers in by_row.items() if of == split]
        patterns = Counter(vote_pattern(answers) for answers in here if None not in answers)
        rows, nobody = sum(patterns.values()), sum(set(answers) == {None} for answers in here)
        start = f"{report.name}.votes.{split}"
        entries[f"{start}.fewer.rows"] = count(len(here) - rows, records, n=len(here))
        entries[f"{start}.nobody.rows"] = count(nobody, records, n=len(here))
        for pattern in vote_patterns(len(report.members)):
            key = f"{start}.{pattern}"
            entries[f"{key}.rows"] = count(patterns[pattern], records, n=rows)
            entries[f"{key}.share"] = number(100 * patterns[pattern] / max(1, rows), 1, records, n=rows)
    return entries


def members(report: Report) -> dict[str, Json]:
    """Return what each member gives each ensemble, from the ensembles' own records; a share beside each count."""
    entries = {}
    for method in report.methods:
        path = report.answers(report.of_first_seed(ENSEMBLE, method), "record.json")
        records = [report.shown(path)]
        for line in needed(needed(read_json(path), "found", path), "contributions", path):
            key = f"{report.name}.members.{method}.{line['member']}.{line['split']}"
            for part in ("asked", "chosen", "gave", "sole_correct"):
                entries[f"{key}.{part}"] = count(needed(line, part, path), records, n=line["rows"])
            if line.get("without") is not None:
                digits = report["digits"]
                entries[f"{key}.without"] = number(line["without"], digits, records, n=line["rows"])
                entries[f"{key}.contribution"] = number(
                    line["contribution"], digits, records, sign=True, n=line["rows"]
                )
    return entries
