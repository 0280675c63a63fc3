"""The tables of the census: tokens by each candidate's tokenizer, and what the windows hold. Read census.json."""

from __future__ import annotations

from kotune.numbers import fixed
from kotune.storage import Json
from kotune.tables import EMPTY, Cell, Column, Table, build, text

PARTS = {
    "context": "context",
    "question": "question",
    "answer": "answer",
    "cot_answer": "reasoning",
    "row": "whole row",
}
SHOWN = (("mean", "mean", 1), ("median", "median", 0), ("p95", "95 %", 0), ("max", "longest", 0))


def census_table(census: Json) -> Table:
    """Tokens of each part of a row by each tokenizer: mean, median, 95th percentile, maximum; characters a token."""
    columns = [
        Column("part", "part"),
        Column("model", "tokenizer of"),
        *(Column(name, title, "number", "tokens") for name, title, _ in SHOWN),
        Column("characters_per_token", "characters a token", "number"),
    ]
    rows, rules = [], []
    for part, title in PARTS.items():
        rules += [len(rows)] if rows else []
        first = True
        for model, document in census["models"].items():
            found = document["tokens"].get(part)
            if found is None:
                continue
            density = document["characters_per_token"]
            rows.append(
                [
                    text(title if first else ""),
                    text(model),
                    *(Cell(found[name], fixed(found[name], digits)) for name, _, digits in SHOWN),
                    Cell(density, fixed(density, 2)) if part == "context" else EMPTY,
                ]
            )
            first = False
    counted = ", ".join(f"{split} {fixed(rows_of, 0)}" for split, rows_of in census["rows"].items())
    notes = [f"Rows: {counted}. Whole row: the rendered prompt with the answer and, where there is one, its reasoning."]
    return build("census", "Tokens by each candidate's own tokenizer", columns, rows, notes, rules)


def windows_table(census: Json) -> Table:
    """The share of the rows that each candidate's window holds, and what other windows would hold."""
    asked = census["what_if"]
    columns = [
        Column("model", "candidate"),
        Column("context_window", "window, tokens", "count"),
        Column("holds", "holds, % of rows", "number"),
        *(Column(f"if_{size}", f"{size:,}", "number", "a window of … would hold, % of rows") for size in asked),
        Column("verdict", "by the rule"),
    ]
    rows = []
    for model, document in census["models"].items():
        window, share = document["context_window"], 100 * document["holds"]
        others = [100 * document["what_if"][str(size)] for size in asked]
        rows.append(
            [
                text(model),
                Cell(window, fixed(window, 0)),
                Cell(share, fixed(share, 1)),
                *(Cell(other, fixed(other, 1)) for other in others),
                text("excluded" if document["excluded"] else "stays"),
            ]
        )
    notes = [
        f"A row is held where the window has room for it and for {fixed(census['reserve'], 0)} new tokens. The rule "
        f"excludes a candidate whose window holds less than {100 * census['share']:g} % of the rows."
    ]
    return build("windows", "What the windows hold", columns, rows, notes)
