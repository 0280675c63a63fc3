"""Places where texts are shown, for the table of bad input: each function takes a text and returns what is shown."""

from __future__ import annotations

from pathlib import Path

from kotune.printing.escaping import csv_text, html_text


def in_html(text: str, folder: Path) -> str:
    """Return a text as a page shows it."""
    return html_text(text)


def in_csv(text: str, folder: Path) -> str:
    """Return a text as a cell of a table's CSV."""
    return csv_text(text)
