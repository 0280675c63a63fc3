"""Near-duplicates between two sets of texts: which text of one has a twin in the other, and how alike they are.

Takes texts; reads and writes nothing. Candidates come from datasketch's MinHash and LSH, and each is then compared by
its own character n-grams: the similarity that is told, and what counts as near, is exact. LSH alone loses pairs at its
threshold (with 128 permutations at .8 it finds 65 % of pairs between .8 and .9), so bands are chosen by what they find.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

PERMUTATIONS = 128
FOUND = 0.99  # of the pairs at the threshold, what the bands find at least
SCHEME = "affine32"  # of datasketch's permutations: named, so that another default makes no other signatures


@dataclass(frozen=True)
class Twin:
    """The text of another set that is most like one: its place there, their Jaccard similarity, and whether equal."""

    place: int
    similarity: float
    exact: bool


def plain(text: str) -> str:
    """Return a text as it is compared: composed, in lower case, each run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def grams(text: str, characters: int) -> frozenset[str]:
    """Return the character n-grams of a text; of one that is shorter, the whole text."""
    return frozenset(text[at : at + characters] for at in range(max(1, len(text) - characters + 1)))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets, which are not both empty."""
    both = len(one & other)
    return both / (len(one) + len(other) - both)


def rows_a_band(near: float) -> int:
    """Return how many hashes a band of the LSH has: as many as still find `FOUND` of the pairs at ``near``."""
    rows = 1
    while rows < PERMUTATIONS and found_at(near, rows + 1) >= FOUND:
        rows += 1
    return rows


def found_at(near: float, rows: int) -> float:
    """Return the share of pairs of similarity ``near`` that bands of so many hashes find."""
    return 1 - (1 - near**rows) ** (PERMUTATIONS // rows)


@dataclass
class Texts:
    """One set of texts, with what comparing it needs: made once, however many sets it is compared with."""

    texts: Sequence[str]
    characters: int
    plain: list[str] = field(init=False)
    grams: dict[str, frozenset[str]] = field(init=False)
    _signatures: dict[str, Any] = field(init=False, default_factory=dict)
    _indexes: dict[int, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Make the n-grams of each text that is not empty, once for equal texts."""
        self.plain = [plain(text) for text in self.texts]
        self.grams = {text: grams(text, self.characters) for text in self.plain if text}
        self.places: dict[str, int] = {}
        for place, text in enumerate(self.plain):
            if text:
                self.places.setdefault(text, place)

    def signatures(self) -> dict[str, Any]:
        """Return each text's MinHash."""
        if not self._signatures and self.grams:
            from datasketch import MinHash

            pieces = [[gram.encode("utf-8") for gram in sorted(found)] for found in self.grams.values()]
            made = MinHash.bulk(pieces, num_perm=PERMUTATIONS, seed=1, hashfunc=zlib.crc32, scheme=SCHEME)
            self._signatures = dict(zip(self.grams, made, strict=True))
        return self._signatures

    def index(self, rows: int) -> Any:
        """Return an LSH over the texts, with bands of so many hashes."""
        if rows not in self._indexes:
            from datasketch import MinHashLSH

            index = MinHashLSH(num_perm=PERMUTATIONS, params=(PERMUTATIONS // rows, rows))
            for text, signature in self.signatures().items():
                index.insert(text, signature)
            self._indexes[rows] = index
        return self._indexes[rows]


def twins(of: Texts, among: Texts, near: float) -> list[Twin | None]:
    """Return for each text of ``of`` the text of ``among`` that is most like it, where that is at least ``near``.

    Of several that are as like, the first. None where there is none, and for an empty text.
    """
    found: dict[str, Twin | None] = {}
    for text, own in of.grams.items():
        if text in among.places:
            found[text] = Twin(among.places[text], 1.0, True)
        else:
            candidates = among.index(rows_a_band(near)).query(of.signatures()[text]) if among.grams else []
            found[text] = _closest(own, candidates, among, near)
    return [found.get(text) for text in of.plain]


def _closest(own: frozenset[str], candidates: Sequence[str], among: Texts, near: float) -> Twin | None:
    """Return the candidate that is most like some n-grams, None where none is near."""
    alike = [(similarity(own, among.grams[text]), -among.places[text]) for text in candidates]
    value, place = max(alike, default=(0.0, 0))
    return Twin(-place, value, False) if value >= near else None


def earlier_twins(of: Texts, near: float) -> list[Twin | None]:
    """Return for each text the earlier text of the same set that it repeats: equal, or at least ``near`` to it.

    A text that repeats another is no twin of later ones: of three in a row, of which only neighbours are alike, the
    last stays. With ``near`` of 1 only equal texts are found.
    """
    found: list[Twin | None] = []
    kept: set[int] = set()
    nearest_of: dict[str, Twin | None] = {}
    for place, text in enumerate(of.plain):
        if not text:
            found.append(None)
        elif of.places[text] < place:
            first = nearest_of[text]
            found.append(Twin(of.places[text] if first is None else first.place, 1.0, True))
        else:
            nearest_of[text] = _kept_twin(of, text, kept, near) if near < 1 else None
            found.append(nearest_of[text])
            kept |= {place} if found[-1] is None else set()
    return found


def _kept_twin(of: Texts, text: str, kept: set[int], near: float) -> Twin | None:
    """Return the closest of the earlier texts that stay, None where none is near."""
    candidates = of.index(rows_a_band(near)).query(of.signatures()[text])
    return _closest(of.grams[text], [one for one in candidates if of.places[one] in kept], of, near)
