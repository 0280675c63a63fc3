"""Generated rows of the task code: functions from Korean docstrings, with hidden tests. Reads and writes no files.

Rows to learn are raw: a part of them is noise of a kind that the column `noise` names, and `value` is what a reader
would give them for teaching, 0 to 5, which is a rule's value that one in five readers misses by one. Most raw rows are
about lists, as collected code is about few things; the textbook and all rows that are asked have as many of each
category.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from kotune.mini.functions import CATEGORIES, Function, assertions, drawn, plainly_named

Row = dict[str, str]
UNDOCUMENTED, WRONG, BOILERPLATE, EXTERNAL, DUPLICATE = (
    "undocumented", "wrong_docstring", "boilerplate", "external_module", "duplicate",
)  # fmt: skip
SHARES = {UNDOCUMENTED: 0.12, WRONG: 0.16, BOILERPLATE: 0.1, EXTERNAL: 0.14, DUPLICATE: 0.1}
"""Shares of the raw rows; the rest are clean."""
RAW_CATEGORIES = {"lists": 0.76, "strings": 0.12, "ints": 0.12}
MISSED = 0.2
"""Share of the educational values that are one beside the rule's."""
_SETTINGS = ("제목", "색", "크기", "이름", "언어", "주소", "버전", "경로", "포트", "모드")
_KEYS = ("title", "color", "size", "name", "language", "address", "version", "path", "port", "mode")


def _row(one: Function, value: int, noise: str = "") -> Row:
    return {
        "instruction": one.asked,
        "output": one.source,
        "category": one.pattern.category,
        "noise": noise,
        "value": str(value),
    }


def clean(one: Function) -> Row:
    """A right function; one of two steps teaches more than one of a single step."""
    return _row(one, 5 if one.pattern.steps > 1 else 4)


def _undocumented(one: Function, rng: random.Random) -> Row:
    bare = replace(one, name=f"{rng.choice(('f', 'func', 'do', 'run'))}{rng.randint(1, 99)}")
    return _row(bare, 1, UNDOCUMENTED) | {"instruction": bare.head}


def _wrong(one: Function, rng: random.Random) -> Row:
    """Another function's sentence over a function of the same verb."""
    while True:
        other = drawn(one.pattern.category, False, rng)
        if other.pattern.verb == one.pattern.verb and other.pattern != one.pattern:
            said = replace(other, name=one.name)
            body = replace(one, argument=said.argument, expression=one.pattern.written(said.argument, 3)[1])
            if body.expression != said.expression:
                return _row(said, 2, WRONG) | {"output": body.source}


def _boilerplate(_: Function, rng: random.Random) -> Row:
    place, number = rng.randrange(len(_KEYS)), rng.randint(1, 999)
    key, said = _KEYS[place], _SETTINGS[place]
    head, sentence, body = rng.choice(
        (
            (f"def get_{key}_{number}():", f"{said} 설정 {number}번의 기본값을 돌려준다.", f'"{key}-{number}"'),
            (f"def set_{key}_{number}({key}):", f"{said} 설정 {number}번을 받는다.", key),
            (f"def config_{key}_{number}():", f"{said} 설정 {number}번의 표를 돌려준다.", f'{{"{key}": {number}}}'),
        )
    )
    row = {"instruction": f'{head}\n    """{sentence}"""', "output": f"{head}\n    return {body}"}
    return row | {"category": "settings", "noise": BOILERPLATE, "value": "0"}


def _external(one: Function, rng: random.Random) -> Row:
    """The same by a module that the sandbox does not have."""
    lines = {
        "lists": ("import numpy as np", f"np.array({one.argument})"),
        "ints": ("import numpy as np", f"np.int64({one.argument})"),
        "strings": ("import pandas as pd", f"pd.Series(list({one.argument}))"),
    }[one.pattern.category]
    made = f"{one.argument} = {lines[1]}"
    return _row(one, 2, EXTERNAL) | {"output": f"{one.head}\n    {lines[0]}\n\n    {made}\n    return {one.expression}"}


_NOISE: dict[str, Callable[[Function, random.Random], Row]] = {
    UNDOCUMENTED: _undocumented, WRONG: _wrong, BOILERPLATE: _boilerplate, EXTERNAL: _external,
}  # fmt: skip


def _copied(rows: Sequence[Row], rng: random.Random) -> Row:
    """An earlier clean row, word for word or under another name."""
    row = rng.choice([one for one in rows if not one["noise"]])
    if rng.random() < 0.5:
        return {**row, "noise": DUPLICATE}
    name = row["output"].split("(")[0].removeprefix("def ")
    texts = {key: row[key].replace(name, f"{name}_2", 1) for key in ("instruction", "output")}
    return {**row, **texts, "noise": DUPLICATE}


def _missed(value: str, rng: random.Random) -> str:
    number = int(value)
    if rng.random() < MISSED:
        number += rng.choice((-1, 1))
    return str(min(5, max(0, number)))


def raw(count: int, seen: set[str], rng: random.Random) -> list[Row]:
    """That many raw rows; what is asked is new to ``seen``, but for copies."""
    rows: list[Row] = []
    while len(rows) < count:
        (kind,) = rng.choices([*SHARES, ""], [*SHARES.values(), 1 - sum(SHARES.values())])
        if kind == DUPLICATE:
            if any(not one["noise"] for one in rows):
                rows.append(_copied(rows, rng))
            continue
        (category,) = rng.choices(list(RAW_CATEGORIES), list(RAW_CATEGORIES.values()))
        one = plainly_named(drawn(category, False, rng))
        row = _NOISE[kind](one, rng) if kind else clean(one)
        if row["instruction"] not in seen:
            seen.add(row["instruction"])
            rows.append(row)
    return [{**row, "value": _missed(row["value"], rng)} for row in rows]


def asked(count: int, held_out: bool, seen: set[str], rng: random.Random) -> list[Row]:
    """That many clean rows with tests, of each category as many, new to ``seen``."""
    rows: list[Row] = []
    while len(rows) < count:
        one = plainly_named(drawn(CATEGORIES[len(rows) % len(CATEGORIES)], held_out, rng))
        if one.asked in seen:
            continue
        seen.add(one.asked)
        rows.append({**clean(one), "entry_point": one.name, "tests": assertions(one, rng)})
    return rows


def build(counts: dict[str, int], seed: int) -> dict[str, list[Row]]:
    """All files' rows by name; nothing that is asked in one is asked in another.

    ``train`` is raw, ``test-unseen`` of patterns that nothing else has; rows of ``practice`` are sampled from, and are
    no rows of ``train``.
    """
    seen: set[str] = set()
    found: dict[str, list[Row]] = {}
    for name, count in sorted(counts.items(), key=lambda item: item[0] == "train"):
        rng = random.Random(f"{seed}/{name}")
        rows = raw(count, seen, rng) if name == "train" else asked(count, name == "test-unseen", seen, rng)
        if name == "textbook":
            rows = [{key: row[key] for key in ("instruction", "output", "category", "noise", "value")} for row in rows]
        found[name] = [{"id": f"{name}-{place:04d}", **row} for place, row in enumerate(rows)]
    return found
