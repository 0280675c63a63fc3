"""Answers of all arms to the same prompts, side by side: of an evaluation whose rows a label parts.

Rows are chosen by rule, never by hand: of each group and model the first row on which the arms differ by the primary
metric, and the first on which they do not. Takes rows, answer lines and score lines; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.printing.table import Column, Row, Table, bare, build, text
from kotune.report import hiding
from kotune.report.evaluation_names import examples_name

Side = tuple[str, str]  # model and arm
DIFFER, ALIKE = "arms differ", "arms are alike"


def chosen(rows: Sequence[Json], values: Mapping[Side, Mapping[str, float]], model: str, group: str, by: str) -> dict:
    """Return ``{rule: row}`` of one group and model; a rule that no row fits is left out.

    ``values``: each side's primary metric by row id.
    """
    found: dict[str, Json] = {}
    sides = [of for (name, _), of in values.items() if name == model]
    for row in (row for row in rows if row[by] == group):
        rule = DIFFER if len({of[row["id"]] for of in sides}) > 1 else ALIKE
        found.setdefault(rule, row)
    return {rule: found[rule] for rule in (DIFFER, ALIKE) if rule in found}


def _said(text: str, hidden: bool | None) -> str:
    """Return a prompt or an answer without its line breaks, or that it is not shown."""
    plain = " ".join(text.split())
    return hiding.HIDDEN if hidden and plain else plain


def table(
    settings: Json,
    groups: Sequence[str],
    rows: Sequence[Json],
    answers: Mapping[Side, Mapping[str, str]],
    values: Mapping[Side, Mapping[str, float]],
) -> Table:
    """Return the table; ``answers`` and ``values`` are of the first seed, by row id."""
    by, asked, metric = settings["by"][0], settings["asked"], settings["primary_metric"]
    title, hidden = settings["metric_facts"][metric]["title"], settings.get(hiding.KEY)
    columns = [
        Column("group", by), Column("rule", "chosen because"), Column("id", "row"), Column("prompt", "prompt"),
        Column("model", "model"), Column("arm", "arm"), Column("answer", "answer"), Column("value", title, "number"),
    ]  # fmt: skip
    sections = []
    for group in groups:
        for model in dict.fromkeys(name for name, _ in answers):
            for rule, row in chosen(rows, values, model, group, by).items():
                section: list[Row] = [
                    {
                        "model": text(model),
                        "arm": text(arm),
                        "answer": text(_said(answers[name, arm][row["id"]], hidden) or "(empty)"),
                        "value": bare(values[name, arm][row["id"]], 0),
                    }
                    for name, arm in sorted(answers, key=lambda side: side[1] != BASE)
                    if name == model
                ]
                first = {
                    "group": text(group),
                    "rule": text(rule),
                    "id": text(row["id"]),
                    "prompt": text(hiding.HIDDEN if hidden else row[asked]),
                }
                section[0] = {**first, **section[0]}
                sections.append(section)
    note = (
        "Of each kind and model the first row on which arms differ, and the first on which they do not. No line breaks."
    )
    return build(examples_name(settings["evaluation"]), f"{settings['title']}: side by side", columns, sections, [note])
