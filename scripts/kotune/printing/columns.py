"""Texts that grow side by side: two columns on a terminal, redrawn line by line as they are written.

Takes texts; returns what a terminal is to be sent. Reads and writes nothing. A Korean syllable is two cells wide.
"""

from __future__ import annotations

import unicodedata

_JOINING = range(0x1160, 0x1200)  # vowels and finals of a syllable in parts: they stand on the letter before them
BAR = " │ "
LEAST = 24  # cells of a column that can be read
CLEARED = "\x1b[K"


def cells(text: str) -> int:
    """Return how many cells of a terminal a text of one line takes."""
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me") or ord(char) in _JOINING:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text in a column of ``width`` cells: broken at a space where the word began in the line.

    A word that is longer than a line is broken anywhere, but never within a syllable.
    """
    lines = []
    for line in text.split("\n"):
        rest = line
        while True:
            fits = _fitting(rest, width)
            if fits == len(rest):
                break
            space = rest.rfind(" ", 1, fits + 1)
            lines.append(rest[:space] if space > 0 else rest[:fits])
            rest = rest[space + 1 :] if space > 0 else rest[fits:]
        lines.append(rest)
    return lines


def _fitting(text: str, width: int) -> int:
    """Return how many characters of a line fit; one at least."""
    used = 0
    for place, char in enumerate(text):
        used += _cells(char)
        if used > width and place:
            return place
    return len(text)


def column_width(terminal: int, columns: int) -> int | None:
    """Return the cells of each of so many columns on a terminal of ``terminal`` cells; None where they are too few."""
    width = (terminal - 1 - len(BAR) * (columns - 1)) // columns
    return width if columns > 1 and width >= LEAST else None


class Columns:
    """Texts that grow side by side under their heads.

    Only lines that can still change are drawn again, so that nothing above them is touched; whoever is `behind` by
    lines should go on first, and then those are one or two.
    """

    def __init__(self, heads: list[str], width: int) -> None:
        self.width, self.heads = width, heads
        self.texts, self.ended = [""] * len(heads), [False] * len(heads)
        self.top = self.drawn = 0  # the first line that can still change, and how many are on the screen from there on

    def begin(self) -> str:
        """Return the heads, and a line under them."""
        line = "─┼─".join("─" * self.width for _ in self.heads)
        return f"{self._row(self.heads)}\n{line}\n"

    def behind(self) -> int | None:
        """Return the column that should go on: of those that have not ended, the one with the fewest lines and text."""
        open_ones = [place for place, ended in enumerate(self.ended) if not ended]
        if not open_ones:
            return None
        return min(open_ones, key=lambda place: (len(self._lines(place)), cells(self._lines(place)[-1]), place))

    def add(self, place: int, piece: str) -> str:
        """Add to a column's text; return what shows it."""
        self.texts[place] += piece
        return self._draw() if piece else ""

    def end(self, place: int) -> str:
        """End a column; return what finishes the screen once all have."""
        self.ended[place] = True
        return "\n" if all(self.ended) and self.drawn else ""

    def _lines(self, place: int) -> list[str]:
        return wrapped(self.texts[place], self.width)

    def _row(self, parts: list[str]) -> str:
        padded = [part + " " * (self.width - cells(part)) for part in parts]
        return BAR.join(padded).rstrip()

    def _draw(self) -> str:
        lines = [self._lines(place) for place in range(len(self.texts))]
        count = max(map(len, lines))
        rows = [self._row([own[row] if row < len(own) else "" for own in lines]) for row in range(self.top, count)]
        up = f"\x1b[{self.drawn - 1}A" if self.drawn > 1 else ""
        growing = [len(own) - 1 for own, ended in zip(lines, self.ended, strict=True) if not ended]
        # a word that does not fit moves to the next line whole: the line before the last may lose it no more
        self.top = min([count - 1, *growing])
        self.drawn = count - self.top
        return f"\r{up}" + "\n".join(f"{CLEARED}{row}" for row in rows)
