"""Tables: the one form that all tables have. Reads and writes nothing.

A row is written as a mapping from a column's name to its cell; a column that it leaves out is empty there. A cell that
shows a number names the key that it has in numbers.json or costs.json, so that each can be traced to its records.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kotune.core.errors import nearest
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
    instead: str = ""  # what is printed instead of an interval without width


Row = Mapping[str, Cell]  # from a column's name to its cell


@dataclass(frozen=True)
class Table:
    """A table; ``rules`` are the numbers of the rows above which a line is drawn."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    rules: frozenset[int] = frozenset()


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

    if column.kind == "interval" and "no_spread" in entry:
        ends = {"low": entry["low"] * column.times, "high": entry["high"] * column.times}
        ends |= {"instead": entry["interval"]}
    elif column.kind == "interval" and "low" in entry:
        ends = {"low": entry["low"] * column.times, "high": entry["high"] * column.times}
        ends |= {"low_text": printed("low", "low_text"), "high_text": printed("high", "high_text")}
    else:
        ends = {}
    value = entry["value"] * column.times if column.times != 1 else entry["value"]
    return Cell(value, printed("value", "text"), key, strong=strong, **ends)


def shown_at(numbers: Numbers, columns: Sequence[Column], keys: Mapping[str, str]) -> dict[str, Cell]:
    """Return the cells of the columns that ``keys`` names, each the number of its key; UserError where one is missing.

    ``keys`` maps a column's name to the key of the number that stands in it.
    """
    by_name = {column.name: column for column in columns}
    return {name: shown(numbers, key, by_name[name]) for name, key in keys.items()}


def shown_below(
    numbers: Numbers, columns: Sequence[Column], start: str, required: Collection[str] = ()
) -> dict[str, Cell]:
    """Return the cells of the columns whose number is there: its key is ``start``, a dot and the column's name.

    A number that is not there is left out; UserError names one whose column is among ``required``.
    """
    keys = {column.name: f"{start}.{column.name}" for column in columns if column.kind != "text"}
    return shown_at(numbers, columns, {name: key for name, key in keys.items() if name in required or key in numbers})


def build(
    name: str, title: str, columns: Sequence[Column], sections: Sequence[Sequence[Row]], notes: Sequence[str] = ()
) -> Table:
    """Return a table of rows in sections, with a line between two sections; an empty section leaves no trace.

    Raises ValueError for a row that names a column which the table has not.
    """
    filled = [section for section in sections if section]
    rows = tuple(_in_order(name, columns, row) for section in filled for row in section)
    above = frozenset(sum(map(len, filled[:place])) for place in range(1, len(filled)))
    return Table(name, title, tuple(columns), rows, tuple(notes), above)


def _in_order(table: str, columns: Sequence[Column], row: Row) -> tuple[Cell, ...]:
    """Return a row's cells in the order of the columns, with an empty cell for each that the row leaves out."""
    names = [column.name for column in columns]
    for name in row:
        if name not in names:
            raise ValueError(f"table {table}: there is no column '{name}'{nearest(name, names)}")
    return tuple(row.get(name, EMPTY) for name in names)


def with_best(rows: Sequence[Row], columns: Sequence[str], lowest: Sequence[str] = ()) -> list[dict[str, Cell]]:
    """Return the rows with the best value of each of some columns made strong; what prints alike ties.

    The best is the highest, or the lowest of the columns that ``lowest`` names. Where all print alike none is the best.
    """
    marked = [dict(row) for row in rows]
    for name in columns:
        best = (min if name in lowest else max)((row[name] for row in rows), key=lambda cell: cell.value)
        if all(row[name].text == best.text for row in rows):
            continue
        for row in marked:
            row[name] = replace(row[name], strong=row[name].strong or row[name].text == best.text)
    return marked
