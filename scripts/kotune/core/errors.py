"""The error that is written for users: it names the file, key or row, and says what to do."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable


class UserError(Exception):
    """A fault in the user's input or machine; scripts print its message as one line and exit with 2."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint such as ``; did you mean 'qlora'?`` for a mistyped word, or the list of what is known.

    It never names the word itself; one that differs in what cannot be seen is spelt out.
    """
    known = sorted({str(name) for name in known} - {word})
    alike = [name for name in known if _seen(name) == _seen(word)]
    if alike:
        return f"; did you mean {ascii(alike[0])}? Yours looks the same but is {ascii(word)}"
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(known)}" if known else ""


def _seen(word: str) -> str:
    """Return what a reader sees of a word: without marks and spaces that do not show, Hangul put together."""
    signs = unicodedata.normalize("NFC", word)
    return "".join(sign for sign in signs if unicodedata.category(sign) not in ("Cf", "Cc", "Zs"))
