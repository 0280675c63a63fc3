"""Talking to a model: what it reads of a conversation, in its family's own turns or as a study asks its rows.

Takes a study's settings and a tokenizer.json; reads and writes nothing. What is typed is data, as a row's text is: a
control token in it is neutralised. Each speaker (base, tuned) remembers its own answers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.names import TEST
from kotune.core.storage import Json
from kotune.prompts.additions import columns_of
from kotune.prompts.families import ASSISTANT, SYSTEM, USER, Family
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import control_pattern, control_tokens, neutralised
from kotune.rows.task import Task, learned_columns

if TYPE_CHECKING:
    import tokenizers

STUDY, FREE = "study", "free"  # how a question is asked: by the study's prompt, or in the family's own turns
TUNED, PLAIN = "tuned", "base"  # how the model with its adapter is called, and the one without
SPEAKERS = (PLAIN, TUNED)
HISTORY = "history"  # the column of earlier turns, where a task has one


def has_turns(family: Family) -> bool:
    """Return whether a family marks who speaks; base models have no such marks."""
    return any(turn.header for turn in family.turns.values())


@dataclass(frozen=True)
class Setting:
    """What is talked to: a model's family and tokenizer, the prompt of its arm, the study's task.

    ``prompt``: {"name", "variant", "content"}; ``window``: the tokens that a prompt and its answer may take together;
    ``pool``: gives the rows of train, for a prompt with worked examples.
    """

    family: Family
    tokenizer: tokenizers.Tokenizer
    prompt: Json
    task: Task
    window: int
    pool: Callable[[], Sequence[Mapping[str, str | None]]] = tuple

    @property
    def named(self) -> str:
        """The name of the prompt, as config/prompts/ has it."""
        return f"{self.prompt['name']}.{self.prompt['variant']}"

    @property
    def asked(self) -> str:
        """The column of what is typed: the first that is short."""
        return next(column.name for column in self.task.asked if not column.long)

    @property
    def columns(self) -> list[str]:
        """The columns that can be filled besides, such as an article."""
        apart = (self.asked, SYSTEM, HISTORY)
        return [name for name in self.task.names if name not in apart]


@dataclass(frozen=True)
class Exchange:
    """A question and what each speaker answered to it: `said`, by speaker."""

    question: str
    said: dict[str, str]


@dataclass
class Talk:
    """A conversation: the system text, the columns that are filled, what was said, and how questions are asked."""

    setting: Setting
    system: str = ""
    filled: dict[str, str] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    wanted: str | None = None

    def form(self) -> str:
        """Return how the next question is asked: as was wanted, else by the study's prompt where it can be filled.

        Base models have no turns, so that it is the study's prompt for them in any case.
        """
        if self.wanted or not has_turns(self.setting.family):
            return self.wanted or STUDY
        return FREE if self._lacking() else STUDY

    def _lacking(self) -> list[str]:
        """Return the columns of long texts that the study's prompt needs and that are empty."""
        return [name for name in self.setting.task.long if not self.filled.get(name)]

    def want(self, form: str) -> None:
        """Set how questions are asked; UserError where they cannot be."""
        setting = self.setting
        if form == FREE and not has_turns(setting.family):
            raise UserError(
                f"family '{setting.family.name}' is of base models, which have no turns: it is asked by {setting.named}"
            )
        if form == STUDY and self._lacking() and has_turns(setting.family):
            name = self._lacking()[0]
            raise UserError(f"{setting.named} asks about a text: give one by /{name} TEXT, /{name} @FILE or /row 1")
        self.wanted = form

    def instruct(self, system: str) -> None:
        """Set the system text, empty for none; UserError where the next question could not bring it."""
        setting = self.setting
        if system and self.form() == STUDY and SYSTEM not in setting.task.names:
            free = "; /free asks in the family's own turns" if has_turns(setting.family) else ""
            raise UserError(f"the prompt {setting.named} says itself what the model is told first{free}")
        if system and has_turns(setting.family):
            setting.family.check_roles([SYSTEM, USER])
        self.system = system

    def brought(self) -> str:
        """Return the system text that the next question brings: the one that was set, where it can be brought."""
        able = SYSTEM in self.setting.task.names if self.form() == STUDY else self.setting.family.system != "refused"
        return self.system if able else ""

    def fill(self, column: str, text: str) -> None:
        """Fill a column of the study's prompt, such as an article; an empty text takes it away."""
        self.filled = {**self.filled, column: text}
        if not text and self.wanted == STUDY and self._lacking():
            self.wanted = None

    def forget(self) -> None:
        """Forget what was said; the system text and the columns stay."""
        self.exchanges = []

    def earlier(self, speaker: str) -> list[tuple[str, str]]:
        """Return the turns before the next question, as a speaker said them; without those it answered nothing to."""
        turns = []
        for one in self.exchanges:
            if one.said.get(speaker, "").strip():
                turns += [(USER, one.question), (ASSISTANT, one.said[speaker])]
        return turns

    def take(self, row: Json) -> str:
        """Fill in what a row of the study asks, the turns before its question too; return the question."""
        self.filled = {name: row.get(name) or "" for name in self.setting.columns}
        self.wanted = STUDY
        if SYSTEM in self.setting.task.names:
            self.instruct(row.get(SYSTEM) or "")
        if HISTORY in self.setting.task.names:
            said = [turn["content"] for turn in row.get(HISTORY) or ()]
            self.exchanges = [
                Exchange(question, dict.fromkeys(SPEAKERS, answer))
                for question, answer in zip(said[::2], said[1::2], strict=False)
            ]
        return row[self.setting.asked]

    def remembers(self) -> bool:
        """Return whether the next question is asked behind those before it."""
        return self.form() == FREE or HISTORY in self.setting.task.names

    def prompt(self, speaker: str, question: str, room: int) -> str:
        """Return the text that a speaker reads; UserError where it has more tokens than ``room``."""
        text, tokens = self._free(speaker, question) if self.form() == FREE else self._study(speaker, question, room)
        if tokens > room:
            shorter = "/reset forgets what was said" if self.exchanges and self.remembers() else "ask about less text"
            raise UserError(f"too long: {tokens:,} tokens, and there is room for {room:,} ({speaker}); {shorter}")
        return text

    def _free(self, speaker: str, question: str) -> tuple[str, int]:
        setting = self.setting
        pattern = control_pattern(control_tokens(setting.tokenizer, setting.family))
        said = [*([(SYSTEM, self.brought())] if self.brought() else []), *self.earlier(speaker), (USER, question)]
        text = setting.family.prompt([(role, neutralised(content, pattern)) for role, content in said])
        return text, len(setting.tokenizer.encode(text, add_special_tokens=False).ids)

    def _study(self, speaker: str, question: str, room: int) -> tuple[str, int]:
        setting = self.setting
        row: Json = dict.fromkeys(setting.task.names, "") | self.filled | {"id": "talk", setting.asked: question}
        if SYSTEM in row:
            row[SYSTEM] = self.brought()
        if HISTORY in row:
            row[HISTORY] = [{"role": role, "content": content} for role, content in self.earlier(speaker)]
        order = {**setting.prompt, "learned": learned_columns(setting.task)}
        pool = setting.pool() if columns_of(setting.prompt["content"]) else ()
        (made,), _ = render_split([row], TEST, order, setting.family, setting.tokenizer, room, pool=pool)
        return made["prompt"], made["prompt_tokens"]


def typed(line: str) -> str:
    """Return what a user typed, Hangul put together, as texts have it; UserError for bytes that are no UTF-8."""
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UserError("not UTF-8: write or send the text as UTF-8") from error
    return unicodedata.normalize("NFC", line).strip()
