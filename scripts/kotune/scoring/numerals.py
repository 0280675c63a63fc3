"""Korean numerals: ``3조 5천억``, ``1만2천``, ``삼십``, ``세 (명)`` as numbers, read by characters.

Not by morphemes: a tagger takes ``천억`` for one word or two by the particle behind it, and ``3조`` alone for an
article of a law. What is a word as often as a number (``구조``, ``이천``, ``백조``) is one only where a unit follows.
Texts are those that `scoring.quantities` has folded (NFKC). Reads and writes nothing.
"""

from __future__ import annotations

import re
from fractions import Fraction

DIGITS = {name: value for value, name in enumerate("영일이삼사오육칠팔구")} | {"공": 0, "륙": 6}
SMALL = {"십": 10, "백": 100, "천": 1000}
BIG = {"만": 10**4, "억": 10**8, "조": 10**12, "경": 10**16}
# no longer than this: what is longer is a code and no number, and Python refuses to read 4,301 digits
_LONGEST = 30
# groups of three after commas, or digits; then what stands behind a decimal point
ARABIC = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?!,[0-9])|[0-9]+)(?:\.[0-9]+)?")
# 3조사 is no 3 trillion of something: a scale that goes on as one of these words is none
_GOES_ON = {"조": "사건항약직", "백": "화신", "천": "연막"}
# an article of a law: 제3조, 민법 3조, 3조 2항, 3조의2; and shifts of work: 3조 2교대
_LAW_BEFORE = re.compile(r"(?:제\s?|(?:법|령|조례|규칙|규정|약관|협약|조약|헌장)\s)$")
_LAW_AFTER = re.compile(r"\s?(?:제?[0-9]+\s?(?:항|호|교대)|의\s?[0-9])")
_NO_REST = re.compile(r"\s?(?:년|월|일|시|분|초|%|세기|분기)")  # 10만 2024년 is two numbers
_NATIVE_ONES = {
    "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "네": 4, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7,
    "여덟": 8, "아홉": 9,
}  # fmt: skip
_NATIVE_TENS = {"열": 10, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90}
NATIVE = (
    _NATIVE_ONES
    | _NATIVE_TENS
    | {"스무": 20}
    | {ten + one: tens + ones for ten, tens in _NATIVE_TENS.items() for one, ones in _NATIVE_ONES.items()}
)
# what is counted by native numerals, so that ``한 개`` is 1 and ``한 나라`` is not
_COUNTED = "명|개|배|번|곳|가지|살|시간|달|마리|대|권|채|건|차례|사람|시|군데|가구|종"
_NATIVE = re.compile(rf"({'|'.join(sorted(NATIVE, key=len, reverse=True))})\s?(?=(?:{_COUNTED})(?![가-힣]))")
_NATIVE_MONTH = re.compile(r"(일|이|삼|사|오|유|칠|팔|구|시|십일|십이)(?=월(?![가-힣]))")
_MONTHS = {name: month for month, name in enumerate("일이삼사오유칠팔구시", 1)} | {"십일": 11, "십이": 12}
# two syllables that are a number wherever they stand alone; 이천, 구조, 만조, 백조 are words as well
_SAFE_PAIR = re.compile(r"[이삼사오육칠팔구]십|십[이삼사오육칠팔구]|[십백천][만억]")
_MONEY_OR_PEOPLE = re.compile(r"\s?(?:원|달러|명|유로|엔|위안)(?![가-힣])")
_TEN_OF = re.compile(r"\s?(?:원|년|배|명|퍼센트|%|개)(?![가-힣])")

Read = tuple[Fraction, int]  # a number, and where it ends in the text


def plain(digits: str) -> Fraction | None:
    """Return the number that digits with thousands separators and a decimal point write; None for an endless one."""
    digits = digits.replace(",", "")
    return Fraction(digits) if len(digits) <= _LONGEST else None


def _coefficient(text: str, at: int, hangul: bool) -> Read | None:
    if hangul:
        return (Fraction(DIGITS[text[at]]), at + 1) if text[at : at + 1] in DIGITS else None
    found = ARABIC.match(text, at)
    value = plain(found[0]) if found else None
    return None if value is None else (value, found.end())


def _is_scale(text: str, at: int, start: int) -> bool:
    """Return whether the syllable at ``at`` is a scale of the number that begins at ``start``, and no other word."""
    scale, after = text[at], text[at + 1 : at + 2]
    if after and after in _GOES_ON.get(scale, ""):
        return False
    return scale != "조" or not (_LAW_BEFORE.search(text[max(0, start - 6) : start]) or _LAW_AFTER.match(text, at + 1))


def scaled(text: str, start: int, hangul: bool = False) -> Read | None:
    """Return the number at ``start`` that is made of coefficients and scales in descending order; None for none.

    ``3조 5천억`` and ``1만2,345``, or, with ``hangul``, ``삼조 오천억``. A bare number with no scale counts as well.
    """
    total, section, at = Fraction(0), Fraction(0), start
    small = big = 10**20  # the scale that was read last; the next one must be lower
    end = start
    while True:
        here = at
        if end > start and text[here : here + 1] == " ":
            here += 1
        found = _coefficient(text, here, hangul)
        if found is None and (here > at or not text[here : here + 1] or text[here] not in SMALL):
            break
        value, here = found or (Fraction(1), here)
        scale = text[here : here + 1]
        if scale in SMALL and SMALL[scale] < small and _is_scale(text, here, start):
            small, here = SMALL[scale], here + 1
            section += value * small
            scale = text[here : here + 1]
        elif scale in BIG and _is_scale(text, here, start):
            section += value
        elif end == start or (value < min(small, big) and value.denominator == 1 and not _NO_REST.match(text, here)):
            return (total + section + value, here) if end == start or here > end else None
        else:
            break
        if scale in BIG and _is_scale(text, here, start):
            if BIG[scale] >= big:
                break
            big, small, here = BIG[scale], 10**20, here + 1
            total, section = total + section * big, Fraction(0)
        # digits may follow a small scale at once: 5천2백
        at = end = here
    return (total + section, end) if end > start else None


def _hangul(text: str, at: int, unit_follows: bool, end: int) -> bool:
    """Return whether a run of numeral syllables is a number and not a word."""
    run = text[at:end].replace(" ", "")
    if not set(run) & (SMALL.keys() | BIG.keys()):
        return False
    alone = not re.match(r"[가-힣]", text[end : end + 1])
    if len(run) >= 3:
        return alone or unit_follows
    if len(run) == 2 and _SAFE_PAIR.fullmatch(run):
        return alone or unit_follows
    if len(run) == 2:
        return run[-1] != "조" and unit_follows
    after = _TEN_OF if run == "십" else _MONEY_OR_PEOPLE
    return run in "십백천만" and after.match(text, end) is not None


def written_out(text: str, at: int, unit: re.Pattern) -> Read | None:
    """Return the number that is written in Hangul at ``at``, where that is safe to say; None else.

    A number begins a word. ``unit`` matches the units that may follow it.
    """
    if at and re.match(r"[가-힣0-9A-Za-z]", text[at - 1]):
        return None
    month = _NATIVE_MONTH.match(text, at)
    if month:
        return Fraction(_MONTHS[month[1]]), month.end()
    native = _NATIVE.match(text, at)
    if native:
        return Fraction(NATIVE[native[1]]), native.end()
    found = None
    if text[at] in DIGITS or text[at] in SMALL:
        found = scaled(text, at, hangul=True)
    elif text[at] == "만":  # the one scale that counts without a number before it
        found = Fraction(10**4), at + 1
    if found and _hangul(text, at, unit.match(text, found[1]) is not None, found[1]):
        return found
    return None
