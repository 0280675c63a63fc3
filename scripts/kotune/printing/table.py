"""Tables: the one form that all tables have. Reads and writes nothing.

A cell that shows a number names the key that it has in numbers.json or costs.json, so that each can be traced to its
records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kotune.printing.numbers import Numbers, fixed

Kind = Literal["text", "number", "interval", "count"]


@dataclass(frozen=True)
class Column:
    """A column. ``name`` heads it in CSV, ``title`` in print, under ``group`` if several columns share a head.

    ``digits`` overrides the number's own text; ``times`` multiplies before printing (100: per cent of a share).
    ``printed`` False keeps a long text out of Markdown and LaTeX.
    """

    name: str
    title: str
    kind: Kind = "text"
    group: str = ""
    digits: int | None = None
    times: float = 1
    printed: bool = True


@dataclass(frozen=True)
class Cell:
    """A cell: a text, or a number with its key and, for an interval, its ends. None is an empty cell."""

    value: str | int | float | None
    text: str
    key: str | None = None
    low: float | None = None
    high: float | None = None
    low_text: str = ""
    high_text: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """A table; ``rules`` are the numbers of the rows above which a line is drawn."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    rules: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.name}: a row of {len(row)} cells for {len(self.columns)} columns")


EMPTY = Cell(None, "")


def text(value: object, strong: bool = False) -> Cell:
    """Return a cell with a text."""
    return Cell(str(value), str(value), strong=strong)


def bare(value: float | int | None, digits: int, sign: bool = False) -> Cell:
    """Return the cell of a number that has no key in numbers.json; None is an empty cell."""
    return EMPTY if value is None else Cell(value, fixed(value, digits, sign))


def shown(numbers: Numbers, key: str, column: Column, strong: bool = False) -> Cell:
    """Return the cell of a number; UserError names a key that is not there."""
    entry = numbers[key]

    def printed(name: str, own: str) -> str:
        if column.digits is None and column.times == 1:
            return entry[own]
        return fixed(entry[name] * column.times, column.digits or 0, sign=entry[own].startswith("+"))

    if column.kind == "interval" and "low" in entry:
        ends = {"low": entry["low"] * column.times, "high": entry["high"] * column.times}
        ends |= {"low_text": printed("low", "low_text"), "high_text": printed("high", "high_text")}
    else:
        ends = {}
    value = entry["value"] * column.times if column.times != 1 else entry["value"]
    return Cell(value, printed("value", "text"), key, strong=strong, **ends)


def build(
    name: str,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    notes: Sequence[str] = (),
    rules: Sequence[int] = (),
) -> Table:
    """Return a table from any sequences."""
    return Table(name, title, tuple(columns), tuple(map(tuple, rows)), tuple(notes), frozenset(rules))


def with_best(rows: list[list[Cell]], columns: Sequence[int], start: int = 0, stop: int | None = None) -> None:
    """Make the highest values of some columns strong, among the rows from ``start`` to ``stop``.

    What prints alike ties.
    """
    for place in columns:
        cells = [row[place] for row in rows[start:stop]]
        best = max(cells, key=lambda cell: cell.value)
        if all(cell.text == best.text for cell in cells):
            continue
        for row in rows[start:stop]:
            if row[place].text == best.text:
                row[place] = replace(row[place], strong=True)
