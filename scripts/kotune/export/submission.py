"""Submissions: answers to a competition's rows, in exactly the layout of its sample.

Reads sample_submission.csv and lines of answers; returns the text of a submission. Only the sample's answer cells are
replaced: header, columns, order of ids, quotation marks, line ends and encoding stay as they are. The cell of a row
that was not asked is empty: no answer is made up, and what the sample had there is no answer either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kotune.core.errors import UserError, nearest
from kotune.core.names import ENSEMBLE
from kotune.rows.bundles import raw_bytes
from kotune.rows.encodings import decoded

_CELL = re.compile(r'("(?:[^"]|"")*"|[^",\r\n][^,\r\n]*|)(,|\r\n|\n|\r|\Z)')
_SPECIAL = re.compile(r'[",\r\n]')


@dataclass(frozen=True)
class Sample:
    """A sample as it is written: rows of (cell, what ends it), the header first; where ids and answers stand."""

    path: str
    encoding: str
    rows: list[list[tuple[str, str]]]
    id: int
    answer: int


def _rows(text: str, path: str) -> list[list[tuple[str, str]]]:
    """Return a CSV's cells as they are written, each with what ends it; blank lines are rows of one empty cell."""
    rows: list[list[tuple[str, str]]] = [[]]
    place = 0
    while place < len(text):
        cell = _CELL.match(text, place)
        if cell is None:
            raise UserError(f"{path}, line {text.count(chr(10), 0, place) + 1}: a quotation mark in the wrong place")
        rows[-1].append((cell[1], cell[2]))
        place = cell.end()
        if cell[2] != "," and place < len(text):
            rows.append([])
    if rows[-1] and rows[-1][-1][1] == ",":  # the text ends behind a comma: one more cell, empty
        rows[-1].append(("", ""))
    return rows


def _plain(cell: str) -> str:
    """Return what a cell says."""
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def _answer_column(header: Sequence[str], columns: Mapping[str, str], path: str) -> tuple[int, int]:
    """Return where ids and answers stand: under the study's names, else the first and, of two columns, the other."""
    names = {name: columns.get(name, name) for name in ("id", "answer")}
    if names["answer"] in header and len(header) > 1:
        answer = header.index(names["answer"])
        return header.index(names["id"]) if names["id"] in header else int(answer == 0), answer
    if len(header) != 2:
        raise UserError(f"{path}: no column '{names['answer']}' for the answers{nearest(names['answer'], header)}")
    held = header.index(names["id"]) if names["id"] in header else 0
    return held, 1 - held


def read_sample(path: str, columns: Mapping[str, str]) -> Sample:
    """Read a sample; ``columns`` maps id and answer to the names that they have outside the study."""
    text, encoding = decoded(raw_bytes(path), path)
    rows = _rows(text, path)
    header = [_plain(cell) for cell, _ in rows[0]]
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header) and row[0][0]:
            raise UserError(f"{path}, row {number}: {len(row)} cells where the header has {len(header)}")
    return Sample(path, encoding, rows, *_answer_column(header, columns, path))


def _quoted(text: str, always: bool) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if always or _SPECIAL.search(text) else text


def check_ids(wanted: Sequence[str], answers: Mapping[str, str], where: str, path: str) -> None:
    """Raise UserError, naming the first id, unless each wanted id has an answer and no other has one."""
    twice = [name for name, count in Counter(wanted).items() if count > 1]
    if twice:
        raise UserError(f"{where}: the id '{twice[0]}' stands more than once")
    missing = [name for name in wanted if name not in answers]
    if missing:
        raise UserError(
            f"{path}: no answer for the id '{missing[0]}', which {where} asks for ({len(missing)} missing); are "
            "test.csv and the sample of the same competition?"
        )
    known = set(wanted)
    extra = [name for name in answers if name not in known]
    if extra:
        raise UserError(f"{path}: answers the id '{extra[0]}', which {where} does not hold ({len(extra)} too many)")


def filled(sample: Sample, answers: Mapping[str, str], path: str) -> bytes:
    """Return the sample's bytes with the answers of ``path`` in its answer column.

    An answer is quoted where it must be, and everywhere if all of the sample's own answers are.
    """
    rows = [row for row in sample.rows[1:] if len(row) > 1]
    check_ids([_plain(row[sample.id][0]) for row in rows], answers, sample.path, path)
    always = bool(rows) and all(row[sample.answer][0].startswith('"') for row in rows)
    out = []
    for number, row in enumerate(sample.rows):
        for place, (cell, end) in enumerate(row):
            given = place == sample.answer and number > 0 and len(row) > 1
            out.append((_quoted(answers[_plain(row[sample.id][0])], always) if given else cell) + end)
    return encoded("".join(out), sample.encoding, answers, path)


def unsampled(ids: Sequence[str], answers: Mapping[str, str], path: str) -> bytes:
    """Return a submission where there is no sample: columns id and answer, in the order of the rows, UTF-8."""
    check_ids(ids, answers, "the split of rows", path)
    lines = [f"{_quoted(name, False)},{_quoted(answers[name], False)}\n" for name in ids]
    return encoded("id,answer\n" + "".join(lines), "utf-8", answers, path)


def encoded(text: str, encoding: str, answers: Mapping[str, str], path: str) -> bytes:
    """Return ``text`` in the sample's encoding; UserError names the first answer that cannot be written in it."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        for name, answer in answers.items():
            try:
                answer.encode(encoding)
            except UnicodeEncodeError as fault:
                strange = answer[fault.start : fault.start + 1]
                raise UserError(
                    f"{path}: the answer of '{name}' holds {strange!r}, which {encoding}, the sample's encoding, "
                    "does not have; save the sample as UTF-8 if the competition takes that"
                ) from error
        raise


def unasked_title(unasked: Sequence[str], model: str, path: Path) -> str:
    """Return the line that says which rows of a submission nobody could be asked, and what was written for them."""
    shown = ", ".join(unasked[:3]) + (", …" if len(unasked) > 3 else "")
    whom = "no member of the ensemble" if model == ENSEMBLE else model
    return (
        f"{path}: {len(unasked):,} rows are too long for {whom} and were not asked, their cells are empty ({shown}); "
        "fill them by hand if the competition refuses empty cells, or submit a model with a larger window"
    )


def sample_title(path: str | None) -> str:
    """Return how the closing line names the layout."""
    return f"the layout of {Path(path).name}" if path else "columns id and answer, for want of a sample"
