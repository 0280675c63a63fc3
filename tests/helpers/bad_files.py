"""Files of rows that a table cannot hold as text, for the table of bad input: each function returns a file's bytes."""

from __future__ import annotations


def utf16() -> bytes:
    """Return rows as some spreadsheets save them."""
    return "\ufeffid,context,question,answer\na,기사,물음,답\n".encode("utf-16")
