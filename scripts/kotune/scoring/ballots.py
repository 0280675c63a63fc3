"""Ballots: a row and what each member of an ensemble answered it, in member order. Who was not asked has no vote.

Takes answers and rows as `scoring.answer_files` reads them; reads and writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kotune.core.errors import UserError
from kotune.core.names import ANSWER, UNIT
from kotune.core.storage import Json
from kotune.scoring.answer_files import Key, gold_answers, was_asked


@dataclass(frozen=True)
class Ballot:
    """One row and what each member answered, in member order: None where the row was too long for a member to be asked.

    ``golds`` is empty for a row without gold answers.
    """

    split: str
    id: str
    answers: tuple[str | None, ...]
    golds: tuple[str, ...] = ()
    context: str = ""
    question: str = ""
    article: str = ""

    @property
    def voters(self) -> tuple[int, ...]:
        """The numbers of the members that were asked, in member order. An empty answer is a vote like any other."""
        return tuple(number for number, answer in enumerate(self.answers) if answer is not None)

    @property
    def votes(self) -> tuple[str, ...]:
        """What the voters answered."""
        return tuple(answer for answer in self.answers if answer is not None)

    def without(self, member: int) -> Ballot:
        """Return the ballot as it would be had the ensemble one member less."""
        return replace(self, answers=self.answers[:member] + self.answers[member + 1 :])


def vote_of(line: Json) -> str | None:
    """Return what an answer line votes for, None where its member was not asked."""
    return line["answer"] if was_asked(line) else None


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
            answers=tuple(vote_of(of_member[split, row["id"], 0]) for of_member in answers),
            golds=tuple(gold_answers(row, split, gold)) if row.get(gold) is not None else (),
            context=" ".join(row.get(name) or "" for name in columns["context"]),
            question=" ".join(row.get(name) or "" for name in columns["question"]),
            article=row.get(UNIT) or "",
        )
        for split, of_split in rows.items()
        for row in of_split
    ]
