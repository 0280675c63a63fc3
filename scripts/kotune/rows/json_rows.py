"""JSON: lines of objects, a list of objects, or SQuAD's layout become columns of text.

Reads files on disk; writes nothing. SQuAD's layout is that of KorQuAD 1.0, KLUE-MRC and AI Hub's machine reading: data,
paragraphs with a context, and their questions (qas) with answers. Numbers stay as they are written. A cell may hold
several texts: a list of them, an object whose `text` is one or several, or a list of such objects. Conversations
become columns of text (`rows.chats`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.names import UNIT
from kotune.core.storage import Json, whole_text
from kotune.rows.bundles import raw_bytes
from kotune.rows.chats import flattened
from kotune.rows.encodings import decoded
from kotune.rows.humaneval import laid_out
from kotune.rows.places import TEXT
from kotune.rows.table import Table

if TYPE_CHECKING:
    import polars

ID_NAMES = ("id", "guid", "question_id")  # of a question: KorQuAD's, KLUE's, AI Hub's
ARTICLE_NAMES = ("title", "doc_title")  # of a document: KorQuAD's and KLUE's, AI Hub's
IMPOSSIBLE = "is_impossible"
ANSWERS = "answers"
Row = tuple[str, Json]  # where it stands, for messages, and its columns


@dataclass
class _Column:
    """What a column holds: texts, lists of texts, or lists of texts that stood in objects."""

    cells: dict[int, str | list[str]] = field(default_factory=dict)
    listed: str | None = None  # where its first list stands
    objects: bool = False


class _Twice(Exception):
    """A key that stands twice in one object: of two, the last would hold in silence."""


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in found if names.count(name) > 1))
    return found


def _loaded(text: str, path: str, line: int = 1) -> Any:
    """Return what JSON says, numbers as text; UserError names the line, the first being ``line``."""
    try:
        # NaN, and what is without end, is no text: where a number was missing, pandas writes it
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=lambda _: None,
                          object_pairs_hook=_once)  # fmt: skip
    except _Twice as error:
        raise UserError(f"{path}, line {line}: the key '{error}' stands twice in one object; leave one") from error
    except json.JSONDecodeError as error:
        raise UserError(f"{path}, line {line + error.lineno - 1}: not JSON ({error.msg})") from error
    except RecursionError as error:
        raise UserError(
            f"{path}, line {line}: lists or objects within one another a thousand times and more"
        ) from error


def _plain(value: object, where: str, name: str) -> str:
    return str(value).lower() if isinstance(value, bool) else whole_text(str(value), f"{where}: '{name}'")


def _texts(value: object, where: str, name: str) -> tuple[list[str], bool] | None:
    """Return the texts of a cell, and whether they stood in objects; None for what holds other things."""
    if isinstance(value, dict):
        found = _texts(value[TEXT], where, name) if TEXT in value else None
        return None if found is None else (found[0], True)
    if not isinstance(value, list):
        return ([] if value is None else [_plain(value, where, name)]), False
    texts, objects = [], False
    for part in value:
        found = _texts(part, where, name)
        if found is None:
            return None
        texts, objects = texts + found[0], objects or found[1]
    return texts, objects


def _tabled(rows: list[Row]) -> tuple[polars.DataFrame, Json]:
    """Return rows as columns, and what else a `Table` says of columns: which are strange, where lists stand."""
    import polars as pl

    columns: dict[str, _Column] = {}
    strange: dict[str, str] = {}
    for number, (where, row) in enumerate(rows):
        for name, value in flattened(row, where).items():
            column = columns.setdefault(whole_text(name, f"{where}: a name"), _Column())
            if not isinstance(value, (list, dict)):
                if value is not None:
                    column.cells[number] = _plain(value, where, name)
                continue
            found = _texts(value, where, name)
            if found is None:
                strange.setdefault(name, f"{where}: '{name}' holds a list or an object; it must be text")
                continue
            column.cells[number], column.listed = found[0], column.listed or where
            column.objects = column.objects or found[1]
    frame = {}
    for name, column in columns.items():
        if name in strange:
            continue
        cells = [column.cells.get(number) for number in range(len(rows))]
        if column.listed:
            cells = [[cell] if isinstance(cell, str) else cell for cell in cells]
        if column.objects:
            cells = [None if cell is None else [{TEXT: text} for text in cell] for cell in cells]
        dtype = pl.List(pl.Struct({TEXT: pl.String})) if column.objects else pl.List(pl.String)
        frame[name] = pl.Series(name, cells, dtype=dtype if column.listed else pl.String)
    lists = {name: column.listed for name, column in columns.items() if column.listed}
    return pl.DataFrame(frame), {"strange": strange, "lists": lists}


def read_jsonl(path: str) -> Table:
    """Read JSON lines; UserError names a faulty line."""
    raw = raw_bytes(path)
    text, encoding = decoded(raw, path)
    frame, facts = _tabled(_lines(text, path))
    return laid_out(Table(path, frame, encoding, hashlib.sha256(raw).hexdigest(), **facts))


def _lines(text: str, path: str) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        row = _loaded(line, path, number)
        if not isinstance(row, dict):
            raise UserError(f'{path}, line {number}: not an object of columns, such as {{"id": …, "context": …}}')
        rows.append((f"{path}, line {number}", row))
    return rows


def read_json(path: str) -> Table:
    """Read one JSON document: SQuAD's layout, or a list of rows (also under `data`); else JSON lines."""
    raw = raw_bytes(path)
    text, encoding = decoded(raw, path)
    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        document = _loaded(text, path)
    except UserError:
        first = text.lstrip().split("\n", 1)[0].strip()
        if not (first.startswith("{") and first.endswith("}")):
            raise
        frame, facts = _tabled(_lines(text, path))  # lines of objects under the name of a document
        return Table(path, frame, encoding, sha256, **facts)
    given = document.get("data") if isinstance(document, dict) else document
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise UserError(
            f"{path}: neither SQuAD's layout (data, paragraphs, qas: KorQuAD, KLUE-MRC, AI Hub) nor a list of rows; "
            "bring JSON lines with one object a row"
        )
    if not any("paragraphs" in one for one in given):
        frame, facts = _tabled([(f"{path}, row {number}", one) for number, one in enumerate(given, start=1)])
        return Table(path, frame, encoding, sha256, **facts)
    frame, facts = _tabled(list(_questions(given, path)))
    if not frame.width:
        raise UserError(f"{path}: in SQuAD's layout, and without a question")
    found = next((name for name in ID_NAMES if name in frame.columns), None)
    names = {"context": "context", "question": "question", "answer": ANSWERS} | ({"id": found} if found else {})
    named = next((name for name in ARTICLE_NAMES if name in frame.columns), None)
    names |= {UNIT: named} if named else {}
    impossible = IMPOSSIBLE if IMPOSSIBLE in frame.columns else None
    return Table(path, frame, encoding, sha256, names, impossible=impossible, **facts)


def _part(value: Json, key: str, kind: type, where: str) -> Any:
    """Return ``value[key]``; UserError where it is missing or something else."""
    if not isinstance(value, dict) or not isinstance(value.get(key), kind):
        what = {list: "a list", str: "a text"}[kind]
        raise UserError(f"{where}: in SQuAD's layout, '{key}' must be there and be {what}")
    return value[key]


def _questions(data: list[Json], path: str) -> Iterator[Row]:
    """Yield each question with its context, and what else its document, its paragraph and it say in a word."""
    for first, document in enumerate(data):
        of_document = f"{path}, data[{first}]"
        for second, paragraph in enumerate(_part(document, "paragraphs", list, of_document)):
            of_paragraph = f"{of_document}.paragraphs[{second}]"
            context = _part(paragraph, "context", str, of_paragraph)
            for third, asked in enumerate(_part(paragraph, "qas", list, of_paragraph)):
                where = f"{of_paragraph}.qas[{third}]"
                question = _part(asked, "question", str, where)
                around = {**_said(document), **_said(paragraph)}
                yield where, {**around, **_said(asked), "context": context, "question": question,
                              ANSWERS: asked.get(ANSWERS, [])}  # fmt: skip


def _said(value: Json) -> Json:
    return {key: part for key, part in value.items() if not isinstance(part, (list, dict))}
