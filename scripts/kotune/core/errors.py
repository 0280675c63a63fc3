"""The error that is written for users: it names the file, key or row, and says what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A fault in the user's input or machine; scripts print its message as one line and exit with 2."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint such as ``; did you mean 'qlora'?`` for a mistyped word, or the list of what is known."""
    known = sorted(str(name) for name in known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(known)}" if known else ""
