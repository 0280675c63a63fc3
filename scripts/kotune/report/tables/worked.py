"""The table of the votes' worked example: what the members answered to a row of each pattern, and what was chosen.

Reads numbers, answers and rows; see `report.inputs.tables_inputs`.
"""

from __future__ import annotations

from kotune.printing.numbers import Numbers
from kotune.printing.table import Column, Row, Table, build, shown_below, text
from kotune.report import hiding
from kotune.report.gather.worked import Case, cases, key
from kotune.report.tables.answered import UNASKED
from kotune.report.titles import method_title
from kotune.report.view import Report, gold_text


def worked_table(report: Report, numbers: Numbers) -> Table:
    """One row for each pattern of votes: every answer, its F1 to each other, their sum, and whose was taken."""
    columns = [
        Column("votes", "votes"),
        Column("row", "row"),
        Column("gold", "gold answer"),
        Column("member", "member"),
        Column("answer", "answer"),
        *(Column(f"f1.{member}", member, "number", "char-F1 to the answer of") for member in report.members),
        Column("sum", "sum", "number"),
        Column("chosen", "chosen"),
    ]
    found = cases(report)
    golds = _golds(report) if found else {}
    sections = [_of_case(report, numbers, columns, case, golds) for case in found]
    return build(
        "worked-votes", "How votes were combined: a row for each pattern", columns, sections, _notes(report, found)
    )


def _golds(report: Report) -> dict[str, str]:
    """Return the gold answers of the split that is shown, by id."""
    rows = hiding.shown_rows(report, report.first["rowset"], report["reported"][0])
    return {row["id"]: gold_text(row, report["task"]["gold"]) for row in rows}


def _of_case(report: Report, numbers: Numbers, columns: list[Column], case: Case, golds: dict[str, str]) -> list[Row]:
    """Return a line for each member; a pattern that no row has is one line that says so."""
    if case.id is None:
        return [{"votes": text(case.pattern), "row": text("no such row")}]
    rows, hidden = [], hiding.HIDDEN if report.first["rowset"] in report.settings.get(hiding.KEY, ()) else None
    for place, member in enumerate(report.members):
        answer, taken = case.answers[place], place == case.chosen
        rows.append(
            {
                "member": text(member, strong=taken),
                "answer": text(UNASKED if answer is None else hidden or answer, strong=taken),
                **shown_below(numbers, columns, key(report, case, member)),
                "chosen": text("chosen" if taken else "", strong=taken),
            }
        )
    rows[0] |= {"votes": text(case.pattern), "row": text(case.id), "gold": text(golds[case.id])}
    return rows


def _notes(report: Report, found: list[Case]) -> list[str]:
    """Return what is said below the table, nothing where there is nothing in it."""
    if not found:
        return []
    return [
        f"By the rule {method_title(report.main_method)}, on {report['reported'][0]}. Votes: how many members gave the "
        "same answer letter for letter, most first. Where no answer has more votes than any other there is a row for "
        "each member that may be chosen. Of the rows that fit, the one with the lowest id is shown whose chosen answer "
        "has characters in common with another one, if any has." + report.one_seed_note(report.main_method)
    ]
