"""The tables on what tuning taught: form or content, for all rows and by kind of answer.

Read numbers.
"""

from __future__ import annotations

from kotune.printing.numbers import Numbers, content_key
from kotune.printing.table import Column, Row, Table, build, shown_below, text
from kotune.report.gather.content import ALL, IN_CONTEXT, NOT_IN_CONTEXT, PARTS
from kotune.report.view import Report
from kotune.scoring.kinds import KINDS

GROUPS = (*KINDS, IN_CONTEXT, NOT_IN_CONTEXT)
WHAT = (
    "Exact match of base and tuned model. Content: the change in answers that contain a gold answer; form: the rest of "
    "the difference, so that the two add up to it. In brackets 95 % intervals over {units}s, of several seeds "
    "over these as well."
)


def _columns(first: Column) -> list[Column]:
    return [
        first,
        Column("model", "model"),
        Column("arm", "arm"),
        Column("rows", "n", "count"),
        *(Column(part, part, "interval") for part in PARTS),
    ]


def _row(report: Report, numbers: Numbers, columns: list[Column], model: str, arm: str, key: str) -> Row:
    return {"model": text(model), "arm": text(arm), **shown_below(numbers, columns[3:], key)}


def _sides(report: Report) -> list[tuple[str, str]]:
    return [(model, arm) for arm in report.tuned_arms for model in report["arms"][arm]["models"]]


def content_table(report: Report, numbers: Numbers) -> Table:
    """What each tuned model gained on each reported split, in form and in content."""
    columns = _columns(Column("split", "split"))
    sections = []
    for split in report["reported"]:
        rows = [
            _row(report, numbers, columns, model, arm, key)
            for model, arm in _sides(report)
            if f"{(key := content_key(report.name, model, arm, split, ALL))}.rows" in numbers
        ]
        if rows:
            rows[0]["split"] = text(split)
            sections.append(rows)
    notes = [WHAT.format(units=report["task"]["unit"])] if sections else []
    return build("content", "What tuning taught: form and content", columns, sections, notes)


def kinds_table(report: Report, numbers: Numbers) -> Table:
    """The same on the first reported split by kind of the gold answer, and by whether it stands in the context."""
    columns = _columns(Column("answer", "gold answer"))
    sections, split = [], next(iter(report["reported"]), "")
    for group in GROUPS:
        rows = [
            _row(report, numbers, columns, model, arm, key)
            for model, arm in _sides(report)
            if f"{(key := content_key(report.name, model, arm, split, group))}.rows" in numbers
        ]
        if rows:
            rows[0]["answer"] = text(group)
            sections.append(rows)
    notes = [
        f"On {split}. {WHAT.format(units=report['task']['unit'])} Kinds are told by a plain rule of characters and "
        "words; what it is not sure of is other (docs/metrics.md says how often it is right)."
    ]  # fmt: skip
    return build("kinds", "Form and content by kind of answer", columns, sections, notes if sections else [])
