"""Speakers: a conversation that is written as one text is parted at the marks of who speaks.

Takes a text; reads and writes nothing. openassistant-guanaco marks its turns so: `### Human:` and `### Assistant:`,
each behind the text before it, on its line or on a new one. A mark is found whatever white space stands within it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from kotune.core.storage import Json
from kotune.rows.chats import ASSISTANT, USER

MARKS = {USER: "### Human:", ASSISTANT: "### Assistant:"}  # where a mixture names no others
NO_MARK, BEFORE, NOBODY = "no mark of a speaker", "text before the first mark", "no turn of the assistant"


class Unparsed(ValueError):
    """A text that is no conversation; its message says why."""


@lru_cache
def _pattern(marks: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    """Return what finds a mark; the group that it is in is the role."""
    written = {role: r"\s*".join(map(re.escape, mark.split())) for role, mark in marks}
    return re.compile("|".join(f"(?P<{role}>{mark})" for role, mark in written.items()))


def parted(text: str, marks: dict[str, str]) -> list[Json]:
    """Return a text's turns, {"role", "content"}, their contents without white space around them.

    ``marks``: role → its mark. Raises `Unparsed` for a text without marks, before the first one, for an empty turn and
    for turns that do not take turns, the user first.
    """
    found = list(_pattern(tuple(marks.items())).finditer(text))
    if not found:
        raise Unparsed(NO_MARK)
    if text[: found[0].start()].strip():
        raise Unparsed(BEFORE)
    ends = [*(one.start() for one in found[1:]), len(text)]
    turns = [
        {"role": one.lastgroup, "content": text[one.end() : end].strip()} for one, end in zip(found, ends, strict=True)
    ]
    for place, turn in enumerate(turns):
        if not turn["content"]:
            raise Unparsed(f"the {turn['role']}'s turn is empty")
        if turn["role"] != (USER, ASSISTANT)[place % 2]:
            raise Unparsed(f"two turns of the {turn['role']} in a row" if place else "the assistant speaks first")
    return turns


def asked_and_answered(turns: Sequence[Json]) -> tuple[list[Json], str, str, int]:
    """Return the earlier turns, the last question that was answered, its answer, and how many turns stand behind it.

    Raises `Unparsed` where nobody answers.
    """
    last = max((place for place, turn in enumerate(turns) if turn["role"] == ASSISTANT), default=None)
    if last is None:
        raise Unparsed(NOBODY)
    *earlier, asked, answered = turns[: last + 1]
    return earlier, asked["content"], answered["content"], len(turns) - last - 1
