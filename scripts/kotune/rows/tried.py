"""Tests of rows, tried before anybody is scored by them: the row's own solution passes, and an empty function does not.

Takes frames with the columns of the task code; runs programs in the sandbox. A row whose tests say nothing is left
out and listed. The examples of a docstring are tried, too, and the row is marked by what became of them: `none`,
`right`, or `wrong`, where the solution itself does not give what they say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.names import EVALUATED
from kotune.core.storage import Json
from kotune.rows.audit import IDS_SHOWN, Exclusions
from kotune.sandbox.programs import empty, head_of, reference_of
from kotune.sandbox.running import run_programs
from kotune.sandbox.tester import NOT_RUN, PASSED
from kotune.sandbox.worker import Program, Verdict

if TYPE_CHECKING:
    import polars

TESTS, ENTRY, EXAMPLES = "tests", "entry_point", "examples"
NONE, RIGHT, WRONG = "none", "right", "wrong"  # what became of the examples
UNTESTED, UNSOLVED, UNTELLING = (
    "no tests, or no name of the function that they test",
    "tests that the row's own solution does not pass",
    "tests that an empty function passes",
)


def _whole(row: Json) -> str:
    """Return the program of a row's own solution."""
    return reference_of(head_of(row, row[ENTRY]), row["output"], row[ENTRY])


def _verdicts(programs: list[Program]) -> list[Verdict]:
    """Return what becomes of programs; UserError where one was not run."""
    verdicts = run_programs(programs) if programs else []
    missed = [program.name for program, one in zip(programs, verdicts, strict=True) if one.outcome == NOT_RUN]
    if missed:
        raise UserError(f"tests of the row '{missed[0]}' could not be tried ({len(missed)} in all); run the job again")
    return verdicts


def _found(rows: list[Json]) -> tuple[dict[str, str], dict[str, str]]:
    """Return of each row, by its id, why it is left out, if it is, and what became of its examples."""
    wholes = [Program(row["id"], _whole(row), row[ENTRY], row[TESTS], _whole(row)) for row in rows]
    solved = [one.outcome == PASSED for one in _verdicts(wholes)]
    reasons = {program.name: UNSOLVED for program, good in zip(wholes, solved, strict=True) if not good}
    good = [program for program, one in zip(wholes, solved, strict=True) if one]
    idle = _verdicts([replace(program, source=empty(program.entry)) for program in good])
    reasons |= {one.name: UNTELLING for one, verdict in zip(good, idle, strict=True) if verdict.outcome == PASSED}
    shown = _verdicts([replace(program, examples=True) for program in good])
    examples = {}
    for program, verdict in zip(good, shown, strict=True):
        there = verdict.told.get("examples", 0) > 0
        examples[program.name] = NONE if not there else RIGHT if verdict.outcome == PASSED else WRONG
    return reasons, examples


def tried(splits: dict[str, polars.DataFrame], exclusions: Exclusions) -> tuple[dict[str, polars.DataFrame], list[str]]:
    """Return the splits without the rows whose tests say nothing, marked by their examples, and notes for the audit.

    Rows of train may have no tests: they are learned, not scored. Raises UserError where programs cannot be isolated.
    """
    import polars as pl

    made, notes = {}, []
    for split, frame in splits.items():
        for column in (TESTS, ENTRY):
            if column not in frame.columns:
                frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(column))
        bare = pl.any_horizontal(pl.col(name).fill_null("").str.strip_chars() == "" for name in (TESTS, ENTRY))
        if split in EVALUATED:
            frame = exclusions.drop(frame, split, UNTESTED, bare)
        reasons, examples = _found(frame.filter(~bare).to_dicts())
        for reason in (UNSOLVED, UNTELLING):
            which = [name for name, one in reasons.items() if one == reason]
            frame = exclusions.drop(frame, split, reason, pl.col("id").is_in(which))
        marks = [examples.get(name) for name in frame["id"]]
        made[split] = frame.with_columns(pl.Series(EXAMPLES, marks, dtype=pl.String))
        wrong = [name for name, mark in zip(frame["id"], marks, strict=True) if mark == WRONG]
        if wrong:
            more = " …" if len(wrong) > IDS_SHOWN else ""
            notes.append(
                f"rows of {split} with examples that their own solution does not give: {len(wrong)} "
                f"({', '.join(wrong[:IDS_SHOWN])}{more}); they are kept, and marked in '{EXAMPLES}'"
            )
    return made, notes
