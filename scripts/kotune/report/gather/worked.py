"""The worked example of the votes: one row for each pattern that the members' answers make, with the sums that decide.

Reads answer files; gives entries for numbers.json, and the cases for the table of them. Rows are chosen by rule and
never by hand: the same answers always show the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from kotune.core.names import ENSEMBLE
from kotune.core.storage import Json, read_jsonl
from kotune.printing.numbers import number
from kotune.report.gather.votes import vote_pattern, vote_patterns
from kotune.report.view import Report
from kotune.scoring.ballots import vote_of
from kotune.scoring.ensembles import f1_sums
from kotune.scoring.metrics.text import char_f1_of

SHORT = "not all asked"  # the pattern of a row that is too long for a member


@dataclass(frozen=True)
class Case:
    """One row of the example: its pattern, who is to be chosen where votes are tied, and what the members answered.

    ``id`` None: there is no such row. ``answers``: None of a member that was not asked; ``chosen``: the number of the
    member whose answer the ensemble took.
    """

    name: str
    pattern: str
    id: str | None = None
    answers: tuple[str | None, ...] = ()
    chosen: int | None = None

    @property
    def sums(self) -> list[float | None]:
        """The sum of each answer's character F1 to the others that were given; None of a member that was not asked."""
        votes = iter(f1_sums([answer for answer in self.answers if answer is not None]))
        return [None if answer is None else next(votes) for answer in self.answers]

    def f1(self, one: int, other: int) -> float | None:
        """The character F1 of two members' answers; None of a member and itself, and where one was not asked."""
        first, second = self.answers[one], self.answers[other]
        return None if one == other or first is None or second is None else char_f1_of(first, second)


def _wanted(members: int) -> list[tuple[str, str, int | None]]:
    """Return (name, pattern, who is chosen) of each case: a pattern that votes decide once, a tied one by member."""
    cases: list[tuple[str, str, int | None]] = []
    for pattern in vote_patterns(members):
        first, second = (int(part) for part in pattern.split(":")[:2])
        tied = first == second
        cases += [(f"{pattern}-{place + 1}", pattern, place) for place in range(members)] if tied else [
            (pattern, pattern, None)
        ]  # fmt: skip
    return cases


def cases(report: Report) -> list[Case]:
    """Return the cases of the first reported split, by the ensemble that the text speaks of; none without one.

    Of the rows that fit, the one with the lowest id, if there is any whose chosen answer has something in common with
    another: a row of which all sums are 0 explains nothing.
    """
    if not report.members or not report.main_method:
        return []
    arm, split = report["ensembles"]["arm"], report["reported"][0]
    given: dict[str, list[str | None]] = {}
    for member in report.members:
        for line in read_jsonl(report.answers(report.of_first_seed(member, arm))):
            if line["split"] == split:
                given.setdefault(line["id"], []).append(vote_of(line))
    taken = {
        line["id"]: line["chosen"]
        for line in read_jsonl(report.answers(report.of_first_seed(ENSEMBLE, report.main_method)))
        if line["split"] == split
    }
    found: dict[tuple[str, int | None], list[Case]] = {}
    for name in sorted(given):
        answers = tuple(given[name])
        chosen = None if taken[name] is None else report.members.index(taken[name])
        pattern = SHORT if None in answers else vote_pattern(list(answers))
        case = Case("", pattern, name, answers, chosen)
        found.setdefault((pattern, None), []).append(case)
        found.setdefault((pattern, chosen), []).append(case)
    wanted = _wanted(len(report.members)) + ([("short", SHORT, None)] if (SHORT, None) in found else [])
    return [_first(name, pattern, found.get((pattern, chosen), [])) for name, pattern, chosen in wanted]


def _first(name: str, pattern: str, candidates: list[Case]) -> Case:
    """Return the case that is shown, of candidates in the order of their ids."""
    telling = [case for case in candidates if case.chosen is not None and (case.sums[case.chosen] or 0) > 0]
    case = next(iter(telling or candidates), Case(name, pattern))
    return Case(name, pattern, case.id, case.answers, case.chosen)


def worked(report: Report) -> dict[str, Json]:
    """Return each case's F1 of any two answers, and each answer's sum, as numbers."""
    if not report.members or not report.main_method:
        return {}
    arm, split = report["ensembles"]["arm"], report["reported"][0]
    records = [
        report.shown(report.answers(report.of_first_seed(member, arm), "record.json")) for member in report.members
    ]
    entries = {}
    for case in cases(report):
        if case.id is None:
            continue
        facts = {"row": case.id, "split": split}
        for place, member in enumerate(report.members):
            start = key(report, case, member)
            total = case.sums[place]
            if total is not None:
                entries[f"{start}.sum"] = number(total, report["digits"], records, **facts)
            for second, other in enumerate(report.members):
                value = case.f1(place, second)
                if value is not None:
                    entries[f"{start}.f1.{other}"] = number(value, report["digits"], records, **facts)
    return entries


def key(report: Report, case: Case, member: str) -> str:
    """Return how the keys of a member's numbers in a case begin."""
    return f"{report.name}.worked.{case.name}.{member}"
