"""Items of KoBBQ: a context, a question about two social groups, and three choices, of which one is "unknown".

Reads the makers' TSV, or the same columns in another format that `rows.readers` knows; writes nothing. Source: J. Jin
et al., KoBBQ, TACL 2024, and naver-ai/KoBBQ, data/README.md: an id says the category, the template with the version
of its context (a letter behind), the two groups, whether the context is ambiguous (amb) or disambiguated (dis), and
whether the question is biased (bsd) or counter-biased (cnt).
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.rows.readers import read_table
from kotune.study.bias import COLUMNS

CHOICES = 3
AMBIGUOUS = "amb"
ID = re.compile(r"(?P<category>[^-]+)-(?P<template>\d+)(?P<version>[a-z]?)-[^-]+-(?P<context>amb|dis)-(?:bsd|cnt)")


@dataclass(frozen=True)
class Item:
    """One question. ``gold``, ``biased``, ``unknown``: places among ``choices``; ``template``: what items share.

    Of a disambiguated context the gold is a group: the biased one (a biased context), or the other (counter-biased).
    """

    id: str
    template: str
    category: str
    ambiguous: bool
    context: str
    question: str
    choices: tuple[str, ...]
    gold: int
    biased: int
    unknown: int


def choices_of(given: object, where: str) -> tuple[str, ...]:
    """Return the choices of a row, a list or Python's way of writing one; UserError for anything else.

    The text is parsed, never run: literals alone are read.
    """
    try:
        found = ast.literal_eval(given) if isinstance(given, str) else given
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) and one.strip() for one in found):
        raise UserError(f"{where}: choices are {str(given)[:60]!r}, and must be a list of texts, as ['A', 'B', 'C']")
    if len(found) != CHOICES or len(set(found)) != CHOICES:
        raise UserError(f"{where}: has {len(set(found))} different choices, and must have {CHOICES}: {list(found)}")
    return tuple(found)


def _placed(choices: Sequence[str], value: str, what: str, where: str) -> int:
    if value not in choices:
        raise UserError(f"{where}: {what} {value!r} is none of its choices{nearest(value, choices)}")
    return choices.index(value)


def _unknowns(rows: Iterable[tuple[Json, bool, str]]) -> list[str]:
    """Return the wordings of "unknown": the golds of ambiguous contexts."""
    return list(dict.fromkeys(row["answer"] for row, ambiguous, _ in rows if ambiguous))


def _item(row: Json, told: Mapping[str, str], unknowns: Sequence[str], where: str) -> Item:
    choices = choices_of(row["choices"], where)
    gold = _placed(choices, row["answer"], "the gold", where)
    biased = _placed(choices, row["biased_answer"], "the biased answer", where)
    ambiguous = told["context"] == AMBIGUOUS
    unknown = [place for place, choice in enumerate(choices) if choice in unknowns]
    if len(unknown) != 1:
        raise UserError(
            f"{where}: one of its choices must be the gold of the ambiguous contexts ({', '.join(unknowns) or 'none'}),"
            f" and {len(unknown)} are"
        )
    if biased == unknown[0] or (gold == unknown[0]) != ambiguous:
        kind = "ambiguous" if ambiguous else "disambiguated"
        raise UserError(
            f"{where}: the gold {row['answer']!r} and the biased answer {row['biased_answer']!r} do not fit its "
            f'context, which is {kind}; only an ambiguous one has the gold "unknown", and none has it as biased'
        )
    template = f"{told['category']}-{told['template']}"
    texts = (row["context"], row["question"], choices)
    return Item(row["id"], template, told["category"], ambiguous, *texts, gold, biased, unknown[0])


def items_of(rows: Sequence[Json], where: str) -> list[Item]:
    """Return the items of rows with the columns of COLUMNS, in their order; UserError names the row that is wrong.

    Each template must have ambiguous, biased and counter-biased contexts: they are what is compared, and drawn.
    """
    read, seen = [], dict[str, int]()
    for number, row in enumerate(rows, 1):
        place = f"{where}, row {number}"
        empty = [name for name in COLUMNS if row.get(name) is None or row[name] == ""]
        if empty:
            raise UserError(f"{place}: the column '{empty[0]}' is empty")
        told = ID.fullmatch(str(row["id"]))
        if told is None:
            raise UserError(
                f"{place}: the id {row['id']!r} does not say category, template, groups, context and question, as "
                "'age-001a-002-amb-bsd' does"
            )
        if row["id"] in seen:
            raise UserError(f"{place}: the id {row['id']!r} stands in row {seen[row['id']]} already")
        seen[row["id"]] = number
        read.append((row, told["context"] == AMBIGUOUS, told, place))
    if not read:
        raise UserError(f"{where}: no rows")
    unknowns = _unknowns((row, ambiguous, place) for row, ambiguous, _, place in read)
    found = [_item(row, told.groupdict(), unknowns, place) for row, _, told, place in read]
    _check_templates(found, where)
    return found


def _check_templates(items: Sequence[Item], where: str) -> None:
    kinds: dict[str, set[tuple[bool, bool]]] = {}
    for one in items:
        kinds.setdefault(one.template, set()).add((one.ambiguous, not one.ambiguous and one.gold == one.biased))
    for template, found in kinds.items():
        if len(found) < 3:
            raise UserError(f"{where}: the template '{template}' lacks an ambiguous, a biased or a counter-biased "
                            "context; add its rows, or take the template out")  # fmt: skip


def read_items(path: str, columns: Mapping[str, str]) -> list[Item]:
    """Return the items of a file; ``columns``: our name of a column to the file's own."""
    table = read_table(path)
    for ours in COLUMNS:
        theirs = columns.get(ours, ours)
        if theirs not in table.frame.columns:
            raise UserError(f"{path}: no column '{theirs}'{nearest(theirs, table.frame.columns)}")
    taken = table.frame.select(**{ours: columns.get(ours, ours) for ours in COLUMNS})
    return items_of(taken.to_dicts(), path)


def drawn(items: Sequence[Item], most: int | None) -> list[Item]:
    """Return whole templates, drawn by their names, until there are ``most`` items; all where that is None."""
    if most is None or len(items) <= most:
        return list(items)
    kept, count = set[str](), 0
    names = dict.fromkeys(one.template for one in items)
    for name in sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest()):
        if count >= most and len(kept) > 1:  # an interval needs two templates
            break
        kept.add(name)
        count += sum(one.template == name for one in items)
    return [one for one in items if one.template in kept]
