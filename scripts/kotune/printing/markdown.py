"""Pages of Markdown: code spans, fenced blocks and small tables around texts that nobody vouches for.

Reads and writes nothing. A text in a fence cannot leave it: the fence is longer than any that it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kotune.printing.escaping import markdown_text, visible_lines


def code_span(text: str) -> str:
    """Return a text as a code span on one line; a backtick in it becomes an apostrophe."""
    return "`" + " ".join(visible_lines(text).split()).replace("`", "'") + "`"


def fenced(text: str, language: str = "text") -> list[str]:
    """Return the lines of a fenced block that holds a text as it is; what cannot be seen in it is spelt out."""
    shown = visible_lines(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *shown.split("\n"), fence]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; its cells are Markdown already. A table without rows has no lines."""
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines] if lines else []


def plain(text: object) -> str:
    """Return a text, or a number, as Markdown that shows it and nothing else, on one line."""
    return markdown_text(" ".join(str(text).split()))
