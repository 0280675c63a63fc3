"""Additions: what a variant makes of a row before it is filled in: examples and passages beside it, texts in segments.

Takes rows and a variant's content; reads and writes nothing. What is added is a column of a row, which the variant's
texts name; of which rows it is goes beside the prompts, under the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kotune.core.errors import UserError
from kotune.core.names import UNIT
from kotune.core.storage import Json
from kotune.prompts import passages, segments, shots, windows
from kotune.prompts.retrieval import Embed
from kotune.prompts.variants import Renderer, compiled

POINTS = "points"  # the column of a row whose text holds the answer (`prompts.pointed`)
COLUMNS = {shots.COLUMN: shots.COLUMN, passages.KEY: passages.COLUMN}  # key of a variant → the column that it adds
KEYS = (*COLUMNS, segments.KEY, POINTS, windows.KEY)

AS_IT_IS = ("id", UNIT)  # columns that are names, and no text to read
BETWEEN = "\n\n"  # two passages


def columns_of(content: Json) -> list[str]:
    """Return the columns that a variant adds to rows."""
    return [column for key, column in COLUMNS.items() if key in content]


def fault(content: Json, family: str) -> str | None:
    """Return what is wrong with a variant's additions in its words to a family, or None."""
    if segments.KEY in content and any(key in content for key in COLUMNS):
        other = next(key for key in COLUMNS if key in content)
        return f"segment and {other} cannot go together: what is added would not be in segments; leave one out"
    if segments.KEY in content and POINTS in content:
        return "segment and points cannot go together: a place in segments is none in the text; leave one out"
    narrow = windows.fault(content.get(windows.KEY, {}))
    if narrow:
        return narrow
    for column in columns_of(content):
        if not shots.placed(content, family, column):
            return f"its texts do not say where the {shots.CALLED[column]} stand; write {{{{ {column} }}}} there"
    return None


def in_segments(rows: Sequence[Mapping[str, str | None]], content: Json) -> list[Json]:
    """Return rows with their texts in segments, where a variant asks for that; else as they are."""
    if segments.KEY not in content:
        return [dict(row) for row in rows]
    known: dict[str, str] = {}  # questions of one article share its text

    def cut(text: str) -> str:
        if text not in known:
            known[text] = segments.segmented(text)
        return known[text]

    return [{name: text if name in AS_IT_IS or not text else cut(text) for name, text in row.items()} for row in rows]


def written(row: Mapping[str, str | None], reads: Sequence[str]) -> list[str]:
    """Return the texts of a row, as they are written, that a prompt shows: where answers in segments are looked up."""
    return [row[name] or "" for name in row if name in reads and name not in AS_IT_IS]


def added(
    rows: Sequence[dict[str, str]],
    prompt: Json,
    render: Renderer,
    pool: Sequence[dict[str, str]],
    embed: Embed | None,
) -> dict[str, list[list[str]]]:
    """Give each row what its prompt shows beside it, in place; return by column the ids of the rows which that is of.

    ``pool``: the rows of train that can be shown, control tokens taken out.
    """
    content, where = prompt["content"], f"config/prompts/{prompt['name']}.yaml, variant '{prompt['variant']}'"
    found = {}
    if shots.COLUMN in content:
        usable = [row for row in pool if row.get(render.learned.gold)]
        if not usable:
            raise UserError(f"{where}: train holds no row with an answer, from which its examples could be drawn")
        given = content[shots.COLUMN]
        write = compiled(given["example"], f"{where}.shots.example", list(usable[0]))
        examples = shots.Shots.of(given, usable, write, where)
        found[shots.COLUMN] = _joined(rows, shots.COLUMN, examples.drawn, examples.write, "")
    if passages.KEY in content:
        texts = passages.Passages.of(content[passages.KEY], pool, embed, where)
        found[passages.COLUMN] = _joined(rows, passages.COLUMN, texts.drawn, passages.text_of, BETWEEN)
    return found


def _joined(
    rows: Sequence[dict[str, str]],
    column: str,
    drawn: Callable[[Mapping[str, str]], list[Mapping[str, str]]],
    write: Callable[[Mapping[str, str]], str],
    between: str,
) -> list[list[str]]:
    """Give each row what is drawn for it as one text; return the ids of what was drawn."""
    every = [drawn(row) for row in rows]
    for row, others in zip(rows, every, strict=True):
        row[column] = between.join(map(write, others))
    return [[one["id"] for one in others] for others in every]
