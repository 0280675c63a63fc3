"""Ballots: a row and what each member of an ensemble answered it, in member order.

Takes answers and rows as `scoring.answer_files` reads them; reads and writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.names import ANSWER, UNIT
from kotune.core.storage import Json
from kotune.scoring.answer_files import Key, gold_answers

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Ballot:
    """One row and what each member answered, in member order. ``golds`` is empty for a row without gold answers."""

    split: str
    id: str
    answers: tuple[str, ...]
    golds: tuple[str, ...] = ()
    context: str = ""
    question: str = ""
    article: str = ""


def make_ballots(
    members: Sequence[str],
    answers: Sequence[dict[Key, Json]],
    files: Sequence[str | os.PathLike],
    rows: dict[str, list[Json]],
    columns: Json | None = None,
) -> list[Ballot]:
    """Join the members' answers row by row, in the rows' order.

    ``answers`` and ``files`` stand in member order. ``columns``: {"gold", "context": [...], "question": [...]}, the
    rows' columns of gold answers, of what is read and of what is asked (`rows.task.read_columns`). Raises UserError for
    fewer than two members, a member named twice, and members that did not answer the same rows: it names the file and
    the first row.
    """
    if len(members) < 2 or len(set(members)) < len(members) or len(members) != len(files):
        raise UserError(
            f"an ensemble needs two or more different members and one answer file each, in the same order; "
            f"it has {len(members)} members ({', '.join(members)}) and {len(files)} files"
        )
    columns = columns or {"gold": ANSWER, "context": ["context"], "question": ["question"]}
    first, gold = answers[0], columns["gold"]
    for file, of_member in zip(files, answers, strict=True):
        if any(number for _, _, number in of_member):
            raise UserError(f"{file}: holds several answers to a row; an ensemble chooses among one answer a member")
    for file, of_member in zip(files[1:], answers[1:], strict=True):
        for key in (*first, *of_member):
            if (key in first) != (key in of_member):
                lacking, having = (file, files[0]) if key in first else (files[0], file)
                raise UserError(
                    f"{lacking}: no answer for the row '{key[1]}' of '{key[0]}', which {having} holds; "
                    "the members of an ensemble must answer the same rows"
                )
    return [
        Ballot(
            split=split,
            id=row["id"],
            answers=tuple(of_member[split, row["id"], 0]["answer"] for of_member in answers),
            golds=tuple(gold_answers(row, split, gold)) if row.get(gold) is not None else (),
            context=" ".join(row.get(name) or "" for name in columns["context"]),
            question=" ".join(row.get(name) or "" for name in columns["question"]),
            article=row.get(UNIT) or "",
        )
        for split, of_split in rows.items()
        for row in of_split
    ]
