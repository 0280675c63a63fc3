"""Which of many short texts stand within longer ones: a benchmark's items in the rows that are learned.

Takes texts; reads and writes nothing. Texts are compared as near-duplicates are (`near_duplicates.plain`). A row of
instructions that quotes an item is longer than it, so that how alike the two are says little: what counts is how much
of the item stands in the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kotune.curation.near_duplicates import Twin, grams, plain

CHARACTERS = 8  # in a row that are compared; a text that is shorter is not looked for
SHARE = 0.8  # of an item's, that stand in a row which nearly holds it


def longest(texts: Sequence[str | None]) -> str:
    """Return the longest of an item's texts, the first of several: what tells it from other items best."""
    return max((text or "" for text in texts), key=len, default="")


def found_within(items: Sequence[str], rows: Sequence[str]) -> list[Twin | None]:
    """Return for each item the row in which most of it stands, where that is at least `SHARE`; of equals the first.

    `similarity` is the share of the item's characters in a row (`CHARACTERS`) that stand in the row; `exact`: the whole
    item does. None for an item that is shorter than they are.
    """
    texts = [plain(item) for item in items]
    pieces = [grams(text, CHARACTERS) if len(text) >= CHARACTERS else frozenset() for text in texts]
    places: dict[str, list[int]] = {}
    for number, own in enumerate(pieces):
        for piece in own:
            places.setdefault(piece, []).append(number)
    best: dict[int, Twin] = {}
    for place, row in enumerate(rows):
        whole, counts = plain(row), Counter()
        for piece in grams(whole, CHARACTERS):
            counts.update(places.get(piece, ()))
        for number, count in counts.items():
            twin = Twin(place, count / len(pieces[number]), texts[number] in whole)
            known = best.get(number)
            if twin.similarity >= SHARE and (known is None or _closer(twin, known)):
                best[number] = twin
    return [best.get(number) for number in range(len(items))]


def _closer(one: Twin, other: Twin) -> bool:
    return (one.exact, one.similarity) > (other.exact, other.similarity)
