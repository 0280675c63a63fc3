"""How replies are shown while they are written: one below the other, or side by side on a terminal.

Writes to the stream that it is given. A model's text is not to be trusted: what a terminal would act on is spelt out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TextIO

from kotune.printing.columns import Columns, column_width
from kotune.printing.escaping import visible_lines

Notes = Callable[[int], "str | None"]


def safe(text: str) -> str:
    """Return a text as a terminal may be sent it: control characters and escape sequences spelt out, tabs as spaces."""
    return visible_lines(text.replace("\t", "    "))


class Screen(Protocol):
    """Shows the replies to one question. Replies are called by their place among the speakers."""

    def next(self) -> int | None:
        """Return the reply that should go on; None once all have ended."""
        ...

    def add(self, place: int, piece: str) -> None:
        """Show what a reply adds."""
        ...

    def end(self, place: int, note: str | None) -> None:
        """Show that a reply has ended, and a remark on it."""
        ...


class Below:
    """Replies one below the other, each behind its speaker's name: for a pipe, a file, a narrow terminal."""

    def __init__(self, out: TextIO, names: Sequence[str]) -> None:
        self.out, self.names = out, names
        self.place, self.begun = 0, False

    def next(self) -> int | None:
        return self.place if self.place < len(self.names) else None

    def _write(self, text: str) -> None:
        self.out.write(("" if self.begun else f"[{self.names[self.place]}] ") + text)
        self.out.flush()
        self.begun = True

    def add(self, place: int, piece: str) -> None:
        if piece:
            self._write(safe(piece))

    def end(self, place: int, note: str | None) -> None:
        gap = " " if self.begun else ""
        self._write(f"{gap}({note})\n" if note else "\n")
        self.place, self.begun = self.place + 1, False


class Beside:
    """Replies side by side, on a terminal that is wide enough."""

    def __init__(self, out: TextIO, names: Sequence[str], width: int) -> None:
        self.out, self.columns = out, Columns(list(names), width)
        self._write(self.columns.begin())

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()

    def next(self) -> int | None:
        return self.columns.behind()

    def add(self, place: int, piece: str) -> None:
        self._write(self.columns.add(place, safe(piece)))

    def end(self, place: int, note: str | None) -> None:
        gap = "\n" if self.columns.texts[place] else ""
        self._write(self.columns.add(place, f"{gap}({note})") if note else "")
        self._write(self.columns.end(place))


def screen(out: TextIO, names: Sequence[str], terminal: int | None) -> Screen:
    """Return what shows replies; ``terminal``: its cells in a line, None where there is no terminal."""
    width = column_width(terminal, len(names)) if terminal else None
    return Beside(out, names, width) if width else Below(out, names)
