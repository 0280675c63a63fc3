"""Endings of regular Korean verbs. Pure functions, no files."""

from __future__ import annotations

ENDINGS = ("는", "고", "려면", "ㄹ", "ㄴ")
_RIEUL, _NIEUN = 8, 4  # numbers of final consonants in Unicode's Hangul table


def conjugate(stem: str, ending: str) -> str:
    """Return a regular verb with one of ENDINGS: ``conjugate("만들", "는")`` → 만드는. The stem ends in a syllable.

    Raises ValueError for another ending.
    """
    final = (ord(stem[-1]) - 0xAC00) % 28
    bare = stem[:-1] + chr(ord(stem[-1]) - final) if final == _RIEUL else stem  # ㄹ falls before ㄴ and ㄹ
    match ending:
        case "는":
            return bare + "는"
        case "고":
            return stem + "고"
        case "려면":
            return stem + ("려면" if final in (0, _RIEUL) else "으려면")
        case "ㄹ" | "ㄴ":
            if final not in (0, _RIEUL):
                return stem + ("을" if ending == "ㄹ" else "은")
            return bare[:-1] + chr(ord(bare[-1]) + (_RIEUL if ending == "ㄹ" else _NIEUN))
    raise ValueError(f"unknown ending {ending!r}: {', '.join(ENDINGS)}")


def inflected(text: str, stem: str, **other: str) -> str:
    """Fill a wording: ``{는}`` stands for the stem with that ending, other names for what ``other`` says."""
    return text.format(**{ending: conjugate(stem, ending) for ending in ENDINGS}, **other)
