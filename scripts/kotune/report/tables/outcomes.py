"""The table of outcomes: how the programs ended that answers make.

Reads numbers.
"""

from __future__ import annotations

from kotune.core.names import OWN
from kotune.printing.numbers import Numbers, outcomes_key
from kotune.printing.table import Column, Row, Table, build, shown_at, text
from kotune.report.view import Report
from kotune.sandbox.tester import NOT_RUN, OUTCOMES

NOTHING = "This study's answers are no programs that are run."


def outcomes_table(report: Report, numbers: Numbers) -> Table:
    """Return a row a model and arm, with the count of each outcome over all seeds.

    A section a reported split, and below them a split of each other evaluation.
    """
    names = [name for name in OUTCOMES if name != NOT_RUN]
    columns = [
        Column("split", "split"),
        Column("model", "model"),
        Column("arm", "arm"),
        *(Column(name, name, "count", "programs") for name in names),
    ]
    sections: list[list[Row]] = []
    others = [(one["name"], split) for one in report.settings.get("evaluations", ()) for split in one["splits"]]
    for evaluation, split in [*((OWN, split) for split in report["reported"]), *others]:
        rows: list[Row] = []
        said = split if evaluation == OWN else f"{evaluation}, {split}"
        for arm in [*dict.fromkeys([*report.settings.get("arm_order", ()), *report["arms"]])]:
            for model in report["arms"][arm]["models"]:
                start = outcomes_key(report.name, model, arm, split, evaluation)
                keys = {name: f"{start}.{name}" for name in names if f"{start}.{name}" in numbers}
                if keys:
                    row = {"split": text(said), "model": text(model), "arm": text(arm)}
                    rows.append({**row, **shown_at(numbers, columns, keys)})
        sections.append(rows)
    notes = [
        "Answers of all seeds together, and all samples of a row; an empty cell is none. A program passes where it "
        "passes all tests of its row. "
        "What could not be run would be no outcome of a program, and stops the scoring."
    ]
    return build("outcomes", "How programs ended", columns, sections, notes if any(sections) else [NOTHING])
