"""KorQuAD 1.0's normalisation of a text, and what it takes from numbers.

The rule is that of the evaluation script. One thing is added, which the script does not have and ``unicode_form=None``
takes away: texts are brought to NFC first, so that the same Korean word typed as letters (NFD, as macOS writes it) is
the same word. Reads and writes nothing.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal

UnicodeForm = Literal["NFC", "NFD", "NFKC", "NFKD"]
# the script turns these marks into spaces and deletes the rest of ASCII punctuation; no other mark is touched
_BLANKED = str.maketrans(dict.fromkeys("'\"《》<>〈〉()‘’", " "))
_DELETED = str.maketrans("", "", string.punctuation)
# a comma before three digits separates thousands, and may go; any other mark within a number is lost, and so is a sign
_LOST = (
    ("point", re.compile(r"[0-9]\.[0-9]|(?<![0-9A-Za-z가-힣])\.[0-9]")),
    ("sign", re.compile(r"(?<![0-9A-Za-z가-힣)])-[$]?\.?[0-9]")),
    ("slash", re.compile(r"[0-9]/[0-9]")),
    ("range", re.compile(r"[0-9][-~:][0-9]|[0-9],(?![0-9]{3}(?![0-9]))[0-9]")),
)


def normalise(text: str, unicode_form: UnicodeForm | None = "NFC") -> str:
    """Return the text as KorQuAD 1.0 compares it: quotes and brackets blanked, lower case, other marks deleted."""
    if unicode_form is not None:
        text = unicodedata.normalize(unicode_form, text)
    return " ".join(text.translate(_BLANKED).lower().translate(_DELETED).split())


def lost(text: str) -> list[str]:
    """Return what normalising takes from the numbers of a text: point, sign, slash, range (or ratio, or list)."""
    return [name for name, pattern in _LOST if pattern.search(text)]


def risks(golds: Iterable[Sequence[str]]) -> dict[str, int]:
    """Return how far the rule endangers gold answers, each row's as one list.

    ``at_risk``: rows of which a gold answer loses a mark of a number. ``collisions``: pairs of different gold texts
    of these rows, or of one of these and another row, that normalise to one.
    """
    rows = [list(of_row) for of_row in golds]
    texts = {text for of_row in rows for text in of_row}
    endangered = {text for text in texts if lost(text)}
    alike: dict[str, list[str]] = {}
    for text in sorted(texts):
        alike.setdefault(normalise(text), []).append(text)
    pairs = 0
    for same in alike.values():
        safe = sum(text not in endangered for text in same)
        pairs += len(same) * (len(same) - 1) // 2 - safe * (safe - 1) // 2
    return {"at_risk": sum(any(text in endangered for text in of_row) for of_row in rows), "collisions": pairs}
