"""Metrics of programs: an answer is run against its row's tests, in the sandbox.

Equal programs of a job are run once, and what is no Python is not run: it ends in an error there. What could not be run
is no wrong answer: then there is no score, and the job ends, unless whoever asks can do without one (`Given.may_miss`).
Starts processes; reads and writes nothing. The signature is that of `scoring.given`.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.sandbox.programs import head_of, parses, program_of, reference_of
from kotune.sandbox.running import run_programs
from kotune.sandbox.tester import ERROR, NOT_RUN, PASSED
from kotune.sandbox.worker import Program, Verdict
from kotune.scoring.given import Given

_KNOWN: dict[Program, Verdict] = {}  # of this process: several metrics ask of the same answers


def program_of_line(line: Json, row: Json, gold: str) -> Program:
    """Return the program that an answer makes, with its row's tests; UserError for a row without."""
    entry, tests = row.get("entry_point"), row.get("tests")
    if not entry or not tests:
        raise UserError(
            f"rows of '{line['split']}': the row '{row['id']}' has no tests; prepare its rows by the task code"
        )
    head = head_of(row, entry)
    raw = line.get("raw") or ""
    lead = raw[: max(0, raw.find(line["answer"]))] if line["answer"] else ""
    source = program_of(head, line["answer"], entry, lead)
    return Program(row["id"], source, entry, tests, reference_of(head, row[gold] or "", entry))


def passes(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[Json]:
    """Return whether each answer's program passes its tests (0 or 1), with its outcome (`sandbox.tester.OUTCOMES`).

    Where ``given.may_miss``, the value is None of a program that was not run.
    """
    programs = [program_of_line(line, row, given.gold) for line, row in zip(lines, rows, strict=True)]
    _KNOWN.update(
        (one, Verdict(ERROR, "no Python")) for one in programs if one not in _KNOWN and not parses(one.source)
    )
    unknown = [program for program in dict.fromkeys(programs) if program not in _KNOWN]
    if unknown:
        for program, verdict in zip(unknown, run_programs(unknown), strict=True):
            if verdict.outcome != NOT_RUN:
                _KNOWN[program] = verdict
    missed = [program.name for program in programs if program not in _KNOWN]
    if missed and not given.may_miss:
        raise UserError(
            f"{given.metric}: {len(missed)} programs were not run, the first of the row '{missed[0]}'; none counts as "
            "wrong, and there is no score without them: run the job again"
        )
    return [_said(_KNOWN.get(program)) for program in programs]


def _said(verdict: Verdict | None) -> Json:
    """Return what is said of an answer; ``verdict``: None of a program that was not run."""
    if verdict is None:
        return {"value": None, "outcome": NOT_RUN}
    return {"value": float(verdict.outcome == PASSED), "outcome": verdict.outcome}
