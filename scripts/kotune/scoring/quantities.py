"""Quantities: a text as the numbers in it, each with its unit, and the words between them.

Numbers are read by characters (`scoring.numerals` reads Korean ones): decimal point, sign, fraction (``1/2`` or in
words), thousands separators, full-width digits, Korean scales. Units are brought to one name each (퍼센트 is %). What
looks like a number and is a code (``010-1234``, ``1.2.3``, more than 30 digits) stays as it is written. What lies
between the numbers is normalised as KorQuAD does. Reads and writes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from kotune.core.korquad import normalise
from kotune.scoring import numerals

# as a text writes a unit → its one name; the longest that fits is taken
_UNITS = {
    "%": "%|퍼센트|프로",
    "%p": "%\\s?p|%\\s?포인트|%\\s?pt|퍼센트\\s?포인트|퍼센트\\s?p|프로\\s?포인트",
    "bp": "bps|bp|베이시스\\s?포인트",
    "배": "배",
    "원": "원|krw",
    "달러": "달러|usd|미\\s?달러",
    "유로": "유로|eur",
    "엔": "엔|jpy",
    "위안": "위안화|위안|cny",
    "명": "명",
    "개": "개",
    "건": "건",
    "곳": "곳|군데",
    "가지": "가지",
    "가구": "가구",
    "대": "대",
    "번": "번|차례",
    "년": "년",
    "월": "월",
    "일": "일",
    "개월": "개월|달",
    "주": "주일|주",
    "분기": "분기",
    "시": "시",
    "시간": "시간",
    "분": "분",
    "초": "초",
    "세": "세|살",
    "포인트": "포인트|pt",
    "톤": "톤|t(?![a-z])",
    "kg": "kg|킬로그램",
    "g": "그램|g(?![a-z])",
    "km": "km|킬로미터",
    "m": "미터|m(?![a-z0-9])",
    "cm": "cm|센티미터",
    "mm": "mm|밀리미터",
    "도": "°c|℃|도",
}
# a count may be told without its counting word, and money without its currency: the question names them. Without its
# percent sign, or its year, month and day, a number is another one.
OMITTED = {"원", "달러", "유로", "엔", "위안", "명", "개", "건", "곳", "가지", "가구", "대", "번", "톤"}
DATES = ("년", "월", "일")
_LEADING_ZERO = {*DATES, "시", "분", "초", "분기"}
_PREFIXES = {
    "$": "달러",
    "€": "유로",
    "₩": "원",
    "￦": "원",
    "usd": "달러",
    "krw": "원",
    "eur": "유로",
    "jpy": "엔",
    "cny": "위안",
}

_BY_PLACE = [(name, form) for name, forms in _UNITS.items() for form in forms.split("|")]
_BY_PLACE.sort(key=lambda pair: -len(pair[1].replace("\\s?", "").split("(?")[0]))
_UNIT = re.compile(r"\s?(?:" + "|".join(f"({form})" for _, form in _BY_PLACE) + ")")
_ISO_DATE = re.compile(r"([0-9]{4})([-./])\s?([0-9]{1,2})\2\s?([0-9]{1,2})\.?(?![0-9])")
_CODE = re.compile(r"[0-9]+(?:\.[0-9]+){2,}|0[0-9]+(?:-[0-9]+)+|[0-9]{31,}")
_FRACTION = re.compile(r"([0-9]{1,30})\s?[/⁄]\s?([0-9]{1,30})(?![0-9]*[/.][0-9])")
_PARTS_OF = re.compile(
    r"([0-9]{1,30}|[이삼사오육칠팔구십백천]|이십|삼십)\s?분의\s?([0-9]{1,30}|[일이삼사오육칠팔구십])"
)
_SIGN = re.compile(r"(?:([-−–+])|(마이너스|영하|플러스)\s?)(?=(?:usd|[$€₩￦])?\s?\.?[0-9])")
_PREFIX = re.compile(r"(?:us|미)?([$€₩￦])\s?(?=[-.]?[0-9])|(usd|krw|eur|jpy|cny)\s?(?=[-.]?[0-9])")
_POINT_FIRST = re.compile(r"\.[0-9]{1,30}")
_RANGE = re.compile(r"\s?[-~–—∼〜]\s?")
_RAISED = str.maketrans({raised: f"^{digit}" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})


@dataclass(frozen=True)
class Quantity:
    """One number and its unit, None where none is told."""

    value: Fraction
    unit: str | None


Part = Quantity | str  # a quantity, or the normalised words between two


def folded(text: str) -> str:
    """Return the text with full-width and other forms of a character brought to one (NFKC), in lower case.

    Raised digits are kept apart: 10² is not 102.
    """
    return unicodedata.normalize("NFKC", text.translate(_RAISED)).lower()


def _unit(text: str, at: int) -> tuple[str | None, int]:
    found = _UNIT.match(text, at)
    return (_BY_PLACE[found.lastindex - 1][0], found.end()) if found else (None, at)


def _whole_date(text: str, at: int) -> tuple[list[Part], int] | None:
    found = _ISO_DATE.match(text, at)
    if not found or not (1 <= int(found[3]) <= 12 and 1 <= int(found[4]) <= 31):
        return None
    values = zip((found[1], found[3], found[4]), DATES, strict=True)
    return [Quantity(Fraction(value), unit) for value, unit in values], found.end()


def _parts_of(text: str, at: int) -> tuple[Fraction, int] | None:
    """Return the fraction that is written as ``2분의 1`` or ``1/2``; of a quarter of a year (``2/4분기``) which one."""
    found = _PARTS_OF.match(text, at)
    if found and not (at and re.match("[가-힣0-9]", text[at - 1])):
        below, above = (
            Fraction(one) if one.isdigit() else numerals.scaled(one, 0, hangul=True)[0] for one in found.groups()
        )
        return (above / below, found.end()) if below else None
    found = _FRACTION.match(text, at)
    if not found or not int(found[2]):
        return None
    quarter = found[2] == "4" and re.match(r"\s?분기", text[found.end() :])
    return (Fraction(int(found[1])) if quarter else Fraction(int(found[1]), int(found[2])), found.end())


def _number(text: str, at: int) -> tuple[Fraction, int] | None:
    """Return the number that is written in digits at ``at``, or in Hangul; None where there is none."""
    if not ("0" <= text[at] <= "9"):
        if text[at] == "." and not (at and text[at - 1].isalnum()):
            found = _POINT_FIRST.match(text, at)
            return (Fraction("0" + found[0]), found.end()) if found else None
        return numerals.written_out(text, at, _UNIT) or _parts_of(text, at)
    found = _parts_of(text, at)
    if found:
        return found
    read = numerals.scaled(text, at)
    if read is None:
        return None
    digits = numerals.ARABIC.match(text, at)[0]
    leading = len(digits) > 1 and digits[0] == "0" and digits[1] != "."
    # 007 is a name; 05월 is a month
    return None if leading and _unit(text, read[1])[0] not in _LEADING_ZERO else read


def _quantity(text: str, at: int) -> tuple[list[Part], int] | None:
    """Return the quantity that begins at ``at`` with its sign, prefix and unit, and where it ends; None for none."""
    date = _whole_date(text, at)
    if date:
        return date
    sign, before, here = 1, None, at
    while True:  # -$5 and $-5
        found = _SIGN.match(text, here)
        if found and not (found[1] and at and re.match(r"[^\W_]|\)|%", text[at - 1])):
            sign, here = (-1 if (found[1] or found[2]) not in ("+", "플러스") else 1), found.end()
            continue
        found = _PREFIX.match(text, here)
        if found and before is None and not (at and found[2] and text[at - 1].isalnum()):
            before, here = _PREFIXES[found[1] or found[2]], found.end()
            continue
        break
    if here >= len(text):
        return None
    read = _number(text, here)
    if read is None:
        return None
    unit, end = _unit(text, read[1])
    if before is not None and unit is None:
        unit = before
    return [Quantity(sign * read[0], unit)], end


def quantities(text: str) -> tuple[Part, ...]:
    """Return the text's quantities and the normalised words before, between and behind them, in order.

    Words that normalise to nothing are left out. In a range (``3~5%``) the first number has the unit of the second.
    """
    text = folded(text)
    parts: list[Part] = []
    at = start = 0  # `start`: of the words that no number has ended yet

    def words(end: int) -> None:
        between = text[start:end]
        if normalise(between):
            parts.append(normalise(between))
        elif parts and _RANGE.fullmatch(between):
            ranged.add(len(parts))

    ranged: set[int] = set()  # places of quantities that end a range
    while at < len(text):
        code = _CODE.match(text, at) if "0" <= text[at] <= "9" and not _ISO_DATE.match(text, at) else None
        found = None if code else _quantity(text, at)
        if found is None:
            # the rest of what is no number here is none either: 007 does not become 7
            skipped = code or re.compile(r"[0-9]+").match(text, at)
            at = skipped.end() if skipped else at + 1
            continue
        words(at)
        parts += found[0]
        at = start = found[1]
    words(len(text))
    for place in sorted(ranged, reverse=True):
        first, second = parts[place - 1], parts[place] if place < len(parts) else ""
        if isinstance(first, Quantity) and isinstance(second, Quantity) and first.unit is None:
            parts[place - 1] = Quantity(first.value, second.unit)
    return tuple(parts)
