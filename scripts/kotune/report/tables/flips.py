"""The table of the rows that tuning broke and mended: base against each arm, by the rule of right answers.

Reads numbers.
"""

from __future__ import annotations

from kotune.core.names import OWN
from kotune.printing.numbers import Numbers, flips_key
from kotune.printing.table import Column, Row, Table, build, shown_below, text
from kotune.report.flipped import Asked, Side, asked_of
from kotune.report.titles import INTERVALS
from kotune.report.view import Report

COLUMNS = [
    Column("rows", "rows"),
    Column("model", "model"),
    Column("arm", "arm"),
    Column("answers", "answers", "count"),
    Column("before", "base right", "count"),
    Column("broken", "right to wrong", "count"),
    Column("mended", "wrong to right", "count"),
    Column("after", "arm right", "count"),
    Column("difference", "difference", "interval"),
    Column("p", "p", "number"),
    Column("p_holm", "p, Holm", "number"),
]
WHAT = (
    "Each answer of an arm against the base's to the same row; of several seeds, each against the base. The difference "
    "is in the share of right answers; its test is of pairs of rows, and Holm's correction over the arms and models of "
    "the same rows. explorer.html shows each of these rows."
)


def flips_table(report: Report, numbers: Numbers) -> Table:
    """How many answers turned from right to wrong and from wrong to right, on each split or group of rows."""
    asked, sections = asked_of(report), []
    for one in asked:
        pairs = one.pairs(report)
        sections += [_of_group(report, numbers, one, pairs, group) for group in _groups(report, numbers, one, pairs[0])]
    rules = " ".join(f"{_title(one)}: {one.rule['words']}." for one in asked)
    notes = [f"{INTERVALS} {WHAT} {rules}{_unranked(asked)}"] if any(sections) else []
    return build("flips", "Rows that tuning broke and mended", COLUMNS, sections, notes)


def _title(asked: Asked) -> str:
    return "The study's own rows" if asked.name == OWN else asked.name


def _unranked(asked: list[Asked]) -> str:
    found = [one.name for one in asked if not one.rule["ranked"]]
    return (
        f" Of {', '.join(found)}, read yes for right and no for wrong: neither is the better answer." if found else ""
    )


def _groups(report: Report, numbers: Numbers, asked: Asked, pair: Side) -> list[str]:
    """Return the splits or groups that a pair has numbers of: every pair has the same."""
    start, end = flips_key(report.name, asked.name, *pair, ""), ".answers"
    found = {key[len(start) : -len(end)] for key in numbers.entries if key.startswith(start) and key.endswith(end)}
    return sorted(found) if asked.by else [split for split in asked.splits if split in found]


def _of_group(report: Report, numbers: Numbers, asked: Asked, pairs: list[Side], group: str) -> list[Row]:
    """Return the rows of the table of one split or group."""
    rows: list[Row] = []
    for model, arm in pairs:
        cells = shown_below(numbers, COLUMNS, flips_key(report.name, asked.name, model, arm, group))
        if cells:
            rows.append({"model": text(model), "arm": text(arm), **cells})
    if rows:
        rows[0] = {"rows": text(group if asked.name == OWN else f"{asked.name}: {group}"), **rows[0]}
    return rows
