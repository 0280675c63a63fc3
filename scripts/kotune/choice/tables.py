"""The tables of a token census: what rows take in each model's tokens, and which windows hold them.

Takes a census (`choice.census.take_census`); reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.table import EMPTY, Cell, Column, Table, build, text

PARTS = {"cot_answer": "reasoning", "row": "whole row"}  # how parts are called in print, where not by their column


def number(value: float | None, digits: int) -> Cell:
    """Return a cell of a number that has no key; an empty one of None."""
    return EMPTY if value is None else Cell(value, fixed(value, digits))


def percent(share: float) -> Cell:
    """Return a share as per cent, rounded down: 99.96 % of the rows are never shown as all of them."""
    held = int(share * 1000 + 1e-9) / 10
    return Cell(100 * share, fixed(held, 1))


def _held(held: Json) -> Cell:
    return percent(held["share"])


def census_table(census: Json) -> Table:
    """Return what the parts of a row take: a line a model and part, a rule above each model."""
    columns = [
        Column("model", "model"),
        Column("part", "part"),
        Column("texts", "texts", "count"),
        Column("mean", "mean", "number", "tokens"),
        Column("median", "median", "number", "tokens"),
        Column("p95", "p95", "number", "tokens"),
        Column("max", "max", "number", "tokens"),
        Column("characters_per_token", "characters/token", "number"),
    ]
    rows, rules = [], []
    for model in census["models"]:
        rules += [len(rows)] if rows else []
        for part, found in model["tokens"].items():
            if found is None:  # the column is there and empty
                continue
            per_token = model["characters_per_token"] if part == model["characters_of"] else None
            rows.append(
                [
                    text(model["name"]),
                    text(PARTS.get(part, part)),
                    number(found["values"], 0),
                    *(number(found[key], 0) for key in ("mean", "median", "p95", "max")),
                    number(per_token, 2),
                ]
            )
    splits = ", ".join(f"{split} {fixed(count, 0)}" for split, count in census["rows"].items())
    notes = [
        f"Rows: {splits}. Each text is counted by the model's own tokenizer without control tokens; the whole row is "
        "the rendered prompt with its completion, as it is tokenised."
    ]
    return build("census", "What the rows take in each model's tokens", columns, rows, notes, rules)


def windows_table(census: Json) -> Table:
    """Return the share of rows that each model's window, and each other that is asked for, would hold."""
    settings = census["settings"]
    columns = [
        Column("model", "model"),
        Column("window", "window", "number", "own"),
        Column("held", "rows held %", "number", "own"),
        *(
            Column(f"what_if.{window}", fixed(window, 0), "number", "rows held % by a window of")
            for window in settings["what_if"]
        ),
        Column("excluded", "excluded"),
        Column("reason", "reason", printed=False),
    ]
    rows = [
        [
            text(model["name"]),
            number(model["context_window"], 0),
            _held(model["own"]),
            *map(_held, model["what_if"]),
            text("yes" if model["excluded"] else "no", strong=model["excluded"]),
            text(model["reason"] or ""),
        ]
        for model in census["models"]
    ]
    notes = [
        f"A row fits where its prompt does, with its completion and with the {fixed(settings['reserve'], 0)} new "
        f"tokens that answering needs. A model whose window holds less than {100 * settings['share']:.10g} % of the "
        f"{fixed(census['total'], 0)} rows is excluded."
    ]
    notes += [f"{model['name']}: {model['reason']}." for model in census["models"] if model["excluded"]]
    return build("windows", "Which windows hold the rows", columns, rows, notes)
