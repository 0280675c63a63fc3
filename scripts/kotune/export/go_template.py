"""Render what is used here of Go's text/template, Ollama's language: so that a Modelfile is checked without Ollama.

Takes a template; reads and writes nothing. Known: literals, ``.Role`` and ``.Content`` of a message, variables, ``range
.Messages`` (not within another) and ``if`` with ``eq``, ``not`` or a variable, ``else if``, ``else``, ``end``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from kotune.core.errors import UserError
from kotune.core.storage import Json

TAG = re.compile(r'\{\{ ((?:"(?:[^"\\]|\\.)*"|[^"}])*) \}\}')
WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"]+')
Tags = Sequence[list[str]]


@dataclass
class _State:
    """Where the rendering is: the message at hand, the variables, what is written."""

    messages: list[Json]
    message: Json = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)

    def value(self, word: str) -> str:
        """Return what a word stands for."""
        if word.startswith('"'):
            return json.loads(word)
        if word.startswith("$"):
            return self.variables[word]
        return self.message[{".Role": "role", ".Content": "content"}[word]]

    def holds(self, words: list[str]) -> bool:
        """Return whether a condition does."""
        if words[0] == "eq":
            return self.value(words[1]) == self.value(words[2])
        return not self.value(words[1]) if words[0] == "not" else bool(self.value(words[0]))


def go_rendered(template: str, messages: list[Json]) -> str:
    """Return what a template makes of messages; UserError for what is not known here."""
    tags = [WORD.findall(match[1]) for match in TAG.finditer(template)]
    if TAG.sub("", template):
        raise UserError(f"Ollama's template holds text outside its tags: {TAG.sub('', template)!r:.60}")
    state = _State(messages)
    try:
        _block(tags, 0, state, True)
    except (KeyError, IndexError, ValueError) as error:
        raise UserError(f"Ollama's template holds what is not known here: {error}") from error
    return "".join(state.written)


def _block(tags: Tags, place: int, state: _State, runs: bool) -> int:
    """Go through tags up to the end of a block, or an `else` of it, and return its place; write where it ``runs``."""
    while place < len(tags):
        words = tags[place]
        if words[0] in ("end", "else"):
            return place
        if words[0] == "range":
            end = place
            for message in state.messages if runs else []:
                state.message = message
                end = _block(tags, place + 1, state, True)
            place = end if end > place else _block(tags, place + 1, state, False)
        elif words[0] == "if":
            place = _if(tags, place, state, runs)
        elif len(words) == 3 and words[1] in (":=", "="):
            if runs:
                state.variables[words[0]] = state.value(words[2])
        elif runs:
            state.written.append(state.value(words[0]))
        place += 1
    return place


def _if(tags: Tags, place: int, state: _State, runs: bool) -> int:
    """Go through an `if` with all that belongs to it, and return the place of its end."""
    words, done = tags[place][1:], False
    while True:
        taken = runs and not done and (not words or state.holds(words))
        place = _block(tags, place + 1, state, taken)
        done = done or taken
        if tags[place][0] == "end":
            return place
        words = tags[place][2:]  # else if …, or nothing behind else
