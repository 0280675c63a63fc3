"""Tasks: what the rows of a study are, said once and in one place for each (`rows.tasks`, one module a task).

A task's module holds `TASK`. Its name is the module's, with hyphens: `rows/tasks/context_qa.py` is the task
`context-qa`. Whoever prepares rows loads it by its dotted name; other jobs get the few facts that they need with their
settings, so that a new task is one more module and changes nothing else. Reads the folder of tasks; writes nothing.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from kotune.core.dotted import loaded
from kotune.core.errors import UserError, nearest
from kotune.core.registry import registered
from kotune.core.storage import Json

DEFAULT = "context-qa"  # of a study that names none
PACKAGE = "kotune.rows.tasks"  # one module a task
BY_ROW, BY_ANSWER = "row", "answer"  # what keeps rows in one split instead, where a study says so (`split.by`)


def unit_of(text: str) -> str:
    """Return the name of the unit that a text makes: "a" and the first 12 hex digits of its SHA-256.

    White space, and whether Hangul is composed, make no other unit: a copy must not slip into another split.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return "a" + hashlib.sha256(plain.encode("utf-8")).hexdigest()[:12]


@dataclass(frozen=True)
class Asked:
    """A column that every row has and that is no answer; ``title``: how print calls it; ``long``: shown shortened.

    ``optional``: it may be empty, and a file may lack it. ``turns``: prepared rows hold a list of turns there.
    """

    name: str
    title: str
    long: bool = False
    optional: bool = False
    turns: bool = False


@dataclass(frozen=True)
class Task:
    """What rows of a task are.

    ``asked``: what a row asks, in the order of the files. ``gold``: the column of the gold answer, which is learned.
    ``reasoning``: the column of the reasoning that is learned behind it where a study asks for that, or None.
    ``together``: the asked column whose equal texts (`unit_of`) keep rows in one split; ``unit``: what such rows share,
    in a word. ``alike``: the columns in which, with what is learned, a duplicate equals an earlier row; all of
    them unless it says otherwise. ``labels``: columns of text that rows may have besides, for whoever counts by them.
    ``unanswered``: single rows of a test split may lack the gold answer. ``apart``: asked columns by which rows with
    the same text of ``together`` are units of their own, where one of them holds anything. ``tried``: takes all splits
    once they are read, with the count of what is left out, and returns them, and notes: what is wrong with a row that
    its texts do not show.
    """

    asked: tuple[Asked, ...]
    gold: str
    together: str
    unit: str
    reasoning: str | None = None
    unit_of: Callable[[str], str] = unit_of
    alike: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    unanswered: bool = False
    apart: tuple[str, ...] = ()
    tried: Callable[..., tuple] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the asked columns."""
        return tuple(column.name for column in self.asked)

    @property
    def same(self) -> tuple[str, ...]:
        """The asked columns in which a duplicate equals an earlier row."""
        return self.alike or self.names

    @property
    def optional(self) -> tuple[str, ...]:
        """The names of the asked columns that may be empty, and that a file may lack."""
        return tuple(column.name for column in self.asked if column.optional)

    @property
    def turns(self) -> tuple[str, ...]:
        """The names of the asked columns that hold turns, not a text."""
        return tuple(column.name for column in self.asked if column.turns)

    def texts(self, reasoning: bool) -> list[str]:
        """Return the columns of prepared rows that hold a text, `id` left out."""
        return [name for name in self.columns(reasoning)[1:] if name not in self.turns]

    @property
    def long(self) -> list[str]:
        """The asked columns of long texts."""
        return [column.name for column in self.asked if column.long]

    def learned(self, reasoning: bool) -> tuple[str, ...]:
        """Return the columns that are learned; ``reasoning``: whether the reasoning is among them."""
        return (self.gold, self.reasoning) if reasoning and self.reasoning else (self.gold,)

    def columns(self, reasoning: bool) -> tuple[str, ...]:
        """Return the columns of text that a source gives, `id` first."""
        return ("id", *self.names, *self.learned(reasoning))


def parted_by(task: Task, by: str | None) -> Task:
    """Return a task whose rows stay in one split by their answer, or each by itself; None: as the task has it."""
    if by is None:
        return task
    return replace(task, together=task.gold if by == BY_ANSWER else "id", unit=by, apart=())


# The names of all tasks; the closed schemas list them (`registry: kotune.rows.task:NAMES`).
NAMES = [module.replace("_", "-") for module in registered(PACKAGE)]


def dotted(name: str) -> str:
    """Return the dotted name of a task; UserError, with the nearest known name, for an unknown one."""
    if name not in NAMES:
        raise UserError(f"unknown task '{name}'{nearest(name, NAMES)}")
    return f"{PACKAGE}.{name.replace('-', '_')}.TASK"


def task_named(name: str) -> Task:
    """Return a task by its name."""
    return loaded(dotted(name))


def learned_columns(task: Task) -> Json:
    """Return what rendering and scoring need to know: the columns of gold answers and of reasoning."""
    return {"gold": task.gold, "reasoning": task.reasoning}


def read_columns(task: Task) -> Json:
    """Return what an ensemble needs to know: the gold answers' column, and what is read and what is asked of it."""
    short = [column.name for column in task.asked if not column.long and not column.turns]
    return {"gold": task.gold, "context": task.long, "question": short}


def shown(task: Task) -> Json:
    """Return what a report needs to know: the columns with their titles, and what keeps rows together."""
    return {
        "asked": [{"name": one.name, "title": one.title, "long": one.long} for one in task.asked if not one.turns],
        "together": task.together,
        "unit": task.unit,
        **({"tested": True} if task.tried else {}),  # an answer is right by what it does, not by the gold answer
        **learned_columns(task),
    }
