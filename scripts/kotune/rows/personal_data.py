"""Personal data in Korean text: where registration, telephone, card and account numbers and e-mail addresses stand.

Reads and writes nothing. Korean text gives no word border behind a number (a particle follows directly), so borders
here are digits and Latin letters (a checksum's digits are no telephone), not words. Who counts or masks never needs the
numbers themselves: only kinds and places are given.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

EMAIL, RESIDENT, FOREIGNER, BUSINESS = "email", "resident", "foreigner", "business"
CARD, TELEPHONE, ACCOUNT = "card", "telephone", "account"
KINDS = (EMAIL, RESIDENT, FOREIGNER, CARD, BUSINESS, TELEPHONE, ACCOUNT)

_BEFORE, _BEHIND = r"(?<![0-9A-Za-z])(?<![0-9][-.])", r"(?![0-9A-Za-z])(?![-.][0-9])"
_GAP = r"[-. ]?"


def _number(pattern: str) -> re.Pattern[str]:
    """Return a pattern that is no part of a longer number."""
    return re.compile(f"{_BEFORE}(?:{pattern}){_BEHIND}")


_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_REGISTRATION = _number(r"[0-9]{6}\s?-?\s?[1-8][0-9]{6}")
_CARD = _number(r"[3-69][0-9]{3}(?:[- ]?[0-9]{4}){3}|3[47][0-9]{2}[- ]?[0-9]{6}[- ]?[0-9]{5}")
_BUSINESS = _number(r"[0-9]{3}-[0-9]{2}-[0-9]{5}")
_TELEPHONE = _number(
    rf"(?:\+82{_GAP}\(?0?\)?{_GAP}|0)"
    rf"(?:1[016789]|2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[2-8])\)?{_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{4}}"
)
_SERVICE = _number(r"1[568][0-9]{2}-[0-9]{4}")
_ACCOUNT = _number(r"[0-9]{2,6}(?:-[0-9]{1,8}){1,3}|[0-9]{10,14}")
_CALLS = re.compile(r"전화|연락처|고객\s?센터|대표\s?번호|문의|☎|\btel", re.IGNORECASE)
_BANKS = re.compile(r"은행|계좌|뱅크|농협|수협|신협|새마을금고|우체국|입금|송금")
LAST_YEAR = 2100  # a number such as 1592-1598 whose second half is a later year up to this one is a span of years


@dataclass(frozen=True)
class Found:
    """One piece of personal data: its kind and where it stands, never its text."""

    kind: str
    start: int
    end: int


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


def luhn(digits: str) -> bool:
    """Whether the last digit is Luhn's check digit (ISO/IEC 7812-1)."""
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - 9 * (one > 9) for one in doubled) % 10 == 0


def business_check(digits: str) -> bool:
    """Whether the last of ten digits is the check digit of a Korean business registration number."""
    total = sum(int(one) * weight for one, weight in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=False))
    return (10 - (total + int(digits[8]) * 5 // 10) % 10) % 10 == int(digits[9])


def _registration(digits: str) -> str | None:
    """Return the kind of a registration number by its seventh digit; None where it begins with no date.

    There is no look at the check digit: numbers issued since October 2020 have none.
    """
    century = 1900 if digits[6] in "1256" else 2000
    try:
        date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None
    return RESIDENT if digits[6] in "1234" else FOREIGNER


def _years(text: str) -> bool:
    first, second = (int(part) for part in text.split("-"))
    return first <= second <= LAST_YEAR


def _candidates(text: str) -> Iterator[Found]:
    """Yield what each kind's pattern and check find, kind by kind; pieces may overlap."""
    for one in _EMAIL.finditer(text):
        yield Found(EMAIL, *one.span())
    for one in _REGISTRATION.finditer(text):
        if kind := _registration(_digits(one[0])):
            yield Found(kind, *one.span())
    for one in _CARD.finditer(text):
        if luhn(_digits(one[0])):
            yield Found(CARD, *one.span())
    for one in _BUSINESS.finditer(text):
        if business_check(_digits(one[0])):
            yield Found(BUSINESS, *one.span())
    for one in _TELEPHONE.finditer(text):
        yield Found(TELEPHONE, *one.span())
    for one in _SERVICE.finditer(text):
        if not _years(one[0]) or _CALLS.search(text[max(0, one.start() - 15) : one.start()]):
            yield Found(TELEPHONE, *one.span())
    for one in _ACCOUNT.finditer(text):  # accounts have no common form: only behind a bank's or an account's word
        if 10 <= len(_digits(one[0])) <= 14 and _BANKS.search(text[max(0, one.start() - 20) : one.start()]):
            yield Found(ACCOUNT, *one.span())


def find(text: str) -> list[Found]:
    """Return the personal data of a text by place; of pieces that overlap, the kind that stands first in KINDS."""
    kept: list[Found] = []
    for one in sorted(_candidates(text), key=lambda found: KINDS.index(found.kind)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda found: found.start)


def counts(texts: Iterable[str]) -> dict[str, int]:
    """Return how many pieces of each kind texts hold, kinds that are not there left out."""
    total = Counter(one.kind for text in texts for one in find(text))
    return {kind: total[kind] for kind in KINDS if total[kind]}


def masked(text: str, kinds: Iterable[str]) -> str:
    """Return a text whose pieces of these kinds are replaced by ``[kind]``."""
    wanted = set(kinds)
    for one in reversed(find(text)):
        if one.kind in wanted:
            text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
    return text
