"""Dialogues: what was said before a row's own question, as a prompt shows it, and where the assistant spoke in it.

Takes rows of texts, of which one may be a list of turns; returns texts and places. Reads and writes nothing. What the
assistant said earlier can be learned, too (`loss: turns` of a recipe): before a template is filled in, each such text
is put between two marks that no text holds, and the marks are found and taken away afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.prompts.families import ASSISTANT, SYSTEM, Family

if TYPE_CHECKING:
    import tokenizers

HISTORY = "history"  # the column of a row's earlier turns, and what stands for them among a prompt's turns
OPEN, CLOSE = "\ufdd0", "\ufdd1"  # noncharacters of Unicode, which no text may hold
Row = Mapping[str, "str | list[Json] | None"]


def earlier(row: Row) -> list[tuple[str, str]]:
    """Return what was said before a row's question, as (role, content): its system text, if any, and its turns."""
    system = row.get(SYSTEM) or ""
    turns = [(turn["role"], turn["content"]) for turn in row.get(HISTORY) or []]
    return ([(SYSTEM, system)] if system else []) + turns


def texts_of(row: Row) -> list[str]:
    """Return every text of a row, its earlier turns' among them."""
    found = []
    for value in row.values():
        found += [turn["content"] for turn in value] if isinstance(value, list) else [value] if value else []
    return found


def mapped(row: Row, change: Callable[[str], str]) -> Json:
    """Return a row with each of its texts changed; a missing one is empty."""
    return {
        name: [{**turn, "content": change(turn["content"])} for turn in value]
        if isinstance(value, list)
        else change(value or "")
        for name, value in row.items()
    }


def outline(row: Row) -> tuple[str, ...]:
    """Return the roles of what was said before a row's question: rows with the same ones have the same frame."""
    return tuple(role for role, _ in earlier(row))


def like(row: Row) -> Json:
    """Return a row of single letters with the same earlier turns as ``row``: what is left is the prompt's frame."""
    said = outline(row)
    turns = [{"role": role, "content": "\uac00"} for role in said if role != SYSTEM]
    found = {**dict.fromkeys(row, "\uac00"), **({HISTORY: turns} if HISTORY in row else {})}
    return {**found, SYSTEM: "\uac00" if SYSTEM in said else ""} if SYSTEM in row else found


def marked(row: Row, where: str, trim: Callable[[str], str]) -> Json:
    """Return a row whose earlier answers stand between marks; ``trim``: what the family does to a turn's content."""
    if any(mark in text for text in texts_of(row) for mark in (OPEN, CLOSE)):
        raise UserError(f"{where}: holds U+FDD0 or U+FDD1, which are no characters; take them out of the row")
    turns = [
        {**turn, "content": f"{OPEN}{trim(turn['content'])}{CLOSE}"} if turn["role"] == ASSISTANT else turn
        for turn in row.get(HISTORY) or []
    ]
    return {**row, HISTORY: turns}


def unmarked(text: str, stops: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return a text without its marks, and the places of what stood between them, with a stop token behind it."""
    stop = "|".join(re.escape(one) for one in sorted(stops, key=len, reverse=True))
    pattern = re.compile(f"{OPEN}(?P<said>[^{CLOSE}]*){CLOSE}(?P<stop>{stop})?")
    pieces, places, length, last = [], [], 0, 0
    for found in pattern.finditer(text):
        before, said = text[last : found.start()], found["said"] + (found["stop"] or "")
        start = length + len(before)
        pieces += [before, said]
        places.append((start, start + len(said)))
        length, last = start + len(said), found.end()
    return "".join([*pieces, text[last:]]), places


def in_tokens(text: str, places: Sequence[tuple[int, int]], tokenizer: tokenizers.Tokenizer) -> list[list[int]]:
    """Return places of a text in its tokens, [first, behind the last]; a token that reaches over an edge is not in."""
    if not places:
        return []
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    found = []
    for start, end in places:
        inside = [place for place, (first, last) in enumerate(offsets) if start <= first < last <= end]
        if inside:
            found.append([inside[0], inside[-1] + 1])
    return found


def check_shown(row: Row, reads: Sequence[str], where: str) -> None:
    """Raise UserError where a row has earlier turns, or a system text, that a prompt (reading ``reads``) leaves out."""
    for name, what in ((HISTORY, "earlier turns"), (SYSTEM, "a system text")):
        if row.get(name) and name not in reads:
            raise UserError(
                f"{where}: the row has {what}, and the prompt shows none; use a prompt with {{{{ {name} }}}} or a turn "
                f"{{role: {HISTORY}}}"
            )


def check_family(row: Row, family: Family, where: str) -> None:
    """Raise UserError, naming the row, for earlier turns that the family's own template refuses."""
    try:
        family.check_roles([*outline(row), "user"])
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
