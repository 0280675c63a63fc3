"""Personal data in Korean text: where registration, telephone, card and account numbers and e-mail addresses stand.

Reads and writes nothing. Korean text gives no word border behind a number (a particle follows directly), so borders
here are digits and Latin letters (a checksum's digits are no telephone), not words. Who counts or masks never needs the
numbers themselves: only kinds and places are given. Of accounts and unseparated business numbers the form says too
little: they are found beside a word alone (a bank, 계좌; 사업자). docs/personal-data.md says how well all this does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

E_MAIL, CARD, TELEPHONE, ACCOUNT = "e_mail", "card", "telephone", "account"
RESIDENT, FOREIGNER = "resident_registration", "foreigner_registration"
BUSINESS = "business_registration"
# The kinds; the closed schema of studies lists them. Of pieces that overlap, the kind that stands first is kept.
KINDS = (E_MAIL, RESIDENT, FOREIGNER, CARD, BUSINESS, TELEPHONE, ACCOUNT)

_PLAIN = str.maketrans("０１２３４５６７８９－＠．＋–—−‐‑", "0123456789-@.+-----")  # sign for sign: places stay
_BEFORE, _BEHIND = r"(?<![0-9A-Za-z])(?<![0-9][-.])", r"(?![0-9A-Za-z])(?![-.][0-9])"
_GAP = r" ?[-. ]? ?"


def _number(pattern: str) -> re.Pattern[str]:
    """Return a pattern that is no part of a longer number."""
    return re.compile(f"{_BEFORE}(?:{pattern}){_BEHIND}")


_HOLDS = re.compile(r"@|[0-9]{3}")  # most texts end here
_E_MAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,}")
_REGISTRATION = _number(r"[0-9]{6} ?-? ?[1-8][0-9]{6}")
_CARD = _number(
    r"(?:[3-69][0-9]|2[2-7])[0-9]{2}(?:[- ]?[0-9]{4}){3}"  # most
    r"|3[47][0-9]{2}[- ]?[0-9]{6}[- ]?[0-9]{5}|3[0689][0-9]{2}[- ]?[0-9]{6}[- ]?[0-9]{4}|4[0-9]{12}"
)
_BUSINESS = _number(r"[0-9]{3}-[0-9]{2}-[0-9]{5}|[0-9]{10}")
_CODE = "(?:1[016789]|2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[2-8])"
_TELEPHONE = _number(
    rf"(?:\+82{_GAP}(?:\(0\)|0)?{_GAP}{_CODE}|\(0{_CODE}\)|0{_CODE}\)?){_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{4}}"
)
_SERVICE = _number(r"1[568][0-9]{2}-[0-9]{4}")
_ACCOUNT = _number(r"(?:[0-9]{2,6}(?:-[0-9]{1,8}){1,3}|[0-9]{10,14})(?![0-9-]* ?(?:원|달러|유로))")
_CALLS = re.compile(r"전화|연락처|고객\s?센터|대표\s?번호|문의|☎|\btel", re.IGNORECASE)
_BANK = "은행|계좌|뱅크|농협|수협|신협|새마을금고|우체국"
_BANKS, _BANK_BEHIND = re.compile(f"{_BANK}|입금|송금"), re.compile(rf"\s?[(,]?\s?[가-힣A-Z]{{0,4}}(?:{_BANK})")
_BUSINESSES = re.compile("사업자")
LAST_YEAR = 2100  # a number such as 1592-1598 whose second half is a later year up to this one is a span of years
LAST_BIRTH = 2035  # no registration number says that somebody was born later


class Found(NamedTuple):
    """One piece of personal data: its kind and where it stands, never its text."""

    kind: str
    start: int
    end: int


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


def _luhn(digits: str) -> bool:
    from stdnum import luhn

    return luhn.is_valid(digits)


def business_check(digits: str) -> bool:
    """Whether ten digits are a business registration number: office and type by python-stdnum, and the check digit.

    The package (2.2) looks at the form alone. The digit is the National Tax Service's: weights 1 3 7 1 3 7 1 3 5, and
    the tens of the ninth product are added.
    """
    from stdnum.kr import brn

    total = sum(int(one) * weight for one, weight in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=False))
    return brn.is_valid(digits) and (10 - (total + int(digits[8]) * 5 // 10) % 10) % 10 == int(digits[9])


def _registration(digits: str) -> str | None:
    """Return the kind of a registration number by its seventh digit; None where it begins with no date.

    There is no look at the check digit: numbers issued since October 2020 have none.
    """
    century = 1900 if digits[6] in "1256" else 2000
    try:
        born = date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None
    if born.year > LAST_BIRTH:
        return None
    return RESIDENT if digits[6] in "1234" else FOREIGNER


def _years(text: str) -> bool:
    first, second = (int(part) for part in text.split("-"))
    return first <= second <= LAST_YEAR


def _behind(word: re.Pattern[str], text: str, place: int, reach: int) -> bool:
    """Whether a word stands at most so many characters before a place."""
    return word.search(text[max(0, place - reach) : place]) is not None


def _candidates(text: str) -> Iterator[Found]:
    """Yield what each kind's pattern and check find, kind by kind; pieces may overlap."""
    for one in _E_MAIL.finditer(text):
        yield Found(E_MAIL, *one.span())
    for one in _REGISTRATION.finditer(text):
        if kind := _registration(_digits(one[0])):
            yield Found(kind, *one.span())
    for one in _CARD.finditer(text):
        if _luhn(_digits(one[0])):
            yield Found(CARD, *one.span())
    for one in _BUSINESS.finditer(text):
        if business_check(_digits(one[0])) and ("-" in one[0] or _behind(_BUSINESSES, text, one.start(), 15)):
            yield Found(BUSINESS, *one.span())
    for one in _TELEPHONE.finditer(text):
        yield Found(TELEPHONE, *one.span())
    for one in _SERVICE.finditer(text):
        if not _years(one[0]) or _behind(_CALLS, text, one.start(), 15):
            yield Found(TELEPHONE, *one.span())
    for one in _ACCOUNT.finditer(text):
        beside = _behind(_BANKS, text, one.start(), 20) or _BANK_BEHIND.match(text, one.end())
        if 10 <= len(_digits(one[0])) <= 14 and beside:
            yield Found(ACCOUNT, *one.span())


def found(text: str) -> list[Found]:
    """Return the personal data of a text by place; of pieces that overlap, the kind that stands first in KINDS."""
    text = text.translate(_PLAIN)
    if not _HOLDS.search(text):
        return []
    kept: list[Found] = []
    for one in sorted(_candidates(text), key=lambda piece: KINDS.index(piece.kind)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda piece: piece.start)


def counts(texts: Iterable[str]) -> dict[str, int]:
    """Return how many pieces of each kind texts hold, kinds that are not there left out."""
    total = Counter(one.kind for text in texts for one in found(text))
    return {kind: total[kind] for kind in KINDS if total[kind]}


def masked(text: str, kinds: Iterable[str]) -> str:
    """Return a text whose pieces of these kinds are replaced by ``[kind]``."""
    wanted = set(kinds)
    for one in reversed(found(text)):
        if one.kind in wanted:
            text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
    return text
