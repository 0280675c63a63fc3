"""Sentences with personal data and with near-misses: what tools/measure_personal_data.py measures on.

Reads and writes nothing. Every number is drawn by a seed and nobody's that is known; words around it are made up.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import library  # noqa: F401
from kotune.rows.personal_data import (
    ACCOUNT,
    BUSINESS,
    CARD,
    E_MAIL,
    FOREIGNER,
    RESIDENT,
    TELEPHONE,
    business_check,
)

SEED, TIMES = 42, 100  # sentences of each form
AROUND = ("어제 {}로 바꾸었다.", "여기에는 {}이고 저기에는 없다.", "{}입니다", "적힌 것은{}이에요.",
          "기록({})을 지웠다.", "그는 {}에 대해 말했다.", "답: {}.")  # fmt: skip
BANKS = ("가나은행 {}로 보냈다.", "계좌번호는 {}입니다.", "{}(다라은행)으로 받았다.", "농협 {}인데요.")
CALLS = ("전화는 {}로 주세요.", "고객센터 {}입니다.", "대표번호 {}에 걸었다.")
Form = tuple[str | None, Callable[[random.Random], str], tuple[str, ...]]


def _some(rng: random.Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def _day(rng: random.Random, first: int, last: int) -> date:
    start = date(first, 1, 1)
    return start + timedelta(days=rng.randrange((date(last, 12, 31) - start).days))


def _registration(digits: str, checked: bool | None, gap: str = "-") -> Callable[[random.Random], str]:
    """Return a maker of registration numbers; ``checked``: with the check digit or surely without it (None: by lot)."""
    from stdnum.kr.rrn import calc_check_digit

    def make(rng: random.Random) -> str:
        digit = rng.choice(digits)
        born = _day(rng, *((1940, 1999) if digit in "1256" else (2000, 2024)))
        number = f"{born:%y%m%d}{digit}{_some(rng, 5)}"
        right = int(calc_check_digit(number + "0"))
        last = rng.randrange(10) if checked is None else right if checked else (right + rng.randrange(1, 10)) % 10
        return f"{number[:6]}{gap}{number[6:]}{last}"

    return make


def _business(right: bool, gap: str = "-") -> Callable[[random.Random], str]:
    def make(rng: random.Random) -> str:
        while True:
            number = f"{rng.randrange(101, 700)}{rng.randrange(1, 90):02}{_some(rng, 5)}"
            if business_check(number) == right:
                return f"{number[:3]}{gap}{number[3:5]}{gap}{number[5:]}"

    return make


def _card(right: bool, gap: str, parts: tuple[int, ...] = (4, 4, 4, 4), start: str = "4") -> Callable:
    from stdnum import luhn

    def make(rng: random.Random) -> str:
        number = start + _some(rng, sum(parts) - len(start) - 1)
        check = int(luhn.calc_check_digit(number))
        number += str(check if right else (check + rng.randrange(1, 10)) % 10)
        places = [sum(parts[:place]) for place in range(len(parts) + 1)]
        return gap.join(number[one:other] for one, other in zip(places, places[1:], strict=False))

    return make


def _spelt(template: str) -> Callable[[random.Random], str]:
    """Return a maker that puts a digit for each # of a template, not 0 for the first."""

    def make(rng: random.Random) -> str:
        made, first = "", True
        for sign in template:
            made += str(rng.randrange(1 if first else 0, 10)) if sign == "#" else sign
            first = first and sign != "#"
        return made

    return make


def _wide(rng: random.Random) -> str:
    return _spelt("010-####-####")(rng).translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))


def _words(rng: random.Random) -> str:
    return "공일공 " + " ".join("".join(rng.choice("공일이삼사오육칠팔구") for _ in range(4)) for _ in range(2))


def _mail(rng: random.Random) -> str:
    name = "".join(rng.choice("abcdefghijklmnop._-+") for _ in range(6))
    return f"a{name}{rng.randrange(100)}@{rng.choice(('example.com', 'mail.example.co.kr', 'ex-ample.org'))}"


def _dated(template: str) -> Callable[[random.Random], str]:
    return lambda rng: f"{_day(rng, 1900, 2030):{template}}"


def _span(rng: random.Random) -> str:
    first = rng.randrange(1500, 1900)
    return f"{first}-{rng.randrange(first, 2000)}"


def _isbn(gaps: bool) -> Callable[[random.Random], str]:
    def make(rng: random.Random) -> str:
        from stdnum.ean import calc_check_digit

        parts = ("979", "11", _some(rng, 4), _some(rng, 3))
        return ("-" if gaps else "").join((*parts, calc_check_digit("".join(parts))))

    return make


FORMS: dict[str, Form] = {
    "e-mail": (E_MAIL, _mail, AROUND),
    "e-mail with “at”": (E_MAIL, lambda rng: _mail(rng).replace("@", " at "), AROUND),
    "resident, with check digit": (RESIDENT, _registration("1234", True), AROUND),
    "resident, without check digit": (RESIDENT, _registration("1234", False), AROUND),
    "resident, unseparated": (RESIDENT, _registration("1234", None, ""), AROUND),
    "resident, spaces round the dash": (RESIDENT, _registration("1234", None, " - "), AROUND),
    "foreigner": (FOREIGNER, _registration("5678", None), AROUND),
    "foreigner, unseparated": (FOREIGNER, _registration("5678", None, ""), AROUND),
    "card, dashes": (CARD, _card(True, "-"), AROUND),
    "card, spaces": (CARD, _card(True, " ", start="52"), AROUND),
    "card, unseparated": (CARD, _card(True, "", start="9"), AROUND),
    "card of 15 digits": (CARD, _card(True, "-", (4, 6, 5), "37"), AROUND),
    "business": (BUSINESS, _business(True), AROUND),
    "business, unseparated, 사업자 before": (BUSINESS, _business(True, ""), ("사업자번호 {}입니다.",)),
    "business, unseparated, no word": (BUSINESS, _business(True, ""), AROUND),
    "mobile": (TELEPHONE, _spelt("010-####-####"), AROUND),
    "mobile, unseparated": (TELEPHONE, _spelt("010########"), AROUND),
    "mobile, dots": (TELEPHONE, _spelt("010.####.####"), AROUND),
    "mobile, full-width": (TELEPHONE, _wide, AROUND),
    "mobile in words": (TELEPHONE, _words, AROUND),
    "old mobile": (TELEPHONE, _spelt("016-###-####"), AROUND),
    "Seoul": (TELEPHONE, _spelt("02-###-####"), AROUND),
    "Seoul, brackets": (TELEPHONE, _spelt("(02) ####-####"), AROUND),
    "other area": (TELEPHONE, _spelt("064-###-####"), AROUND),
    "internet": (TELEPHONE, _spelt("070-####-####"), AROUND),
    "+82": (TELEPHONE, _spelt("+82-10-####-####"), AROUND),
    "+82 and spaces": (TELEPHONE, _spelt("+82 2 ### ####"), AROUND),
    "service, a call's word before": (TELEPHONE, _spelt("15##-####"), CALLS),
    "service, no word": (TELEPHONE, _spelt("16##-####"), AROUND),
    "account, three parts, a bank's word": (ACCOUNT, _spelt("###-###-######"), BANKS),
    "account, four parts, a bank's word": (ACCOUNT, _spelt("###-##-####-###"), BANKS),
    "account, unseparated, a bank's word": (ACCOUNT, _spelt("############"), BANKS),
    "account, no word": (ACCOUNT, _spelt("###-###-######"), AROUND),
    "dates": (None, _dated("%Y-%m-%d"), AROUND),
    "dates, dots": (None, _dated("%Y.%m.%d."), AROUND),
    "dates, unseparated": (None, _dated("%Y%m%d"), AROUND),
    "times": (None, _dated("%Y-%m-%d 10:20:30"), AROUND),
    "spans of years": (None, _span, AROUND),
    "amounts": (None, _spelt("#,###,###,###원"), AROUND),
    "amounts, unseparated": (None, _spelt("##########원"), AROUND),
    "amounts, unseparated, a bank's word": (None, _spelt("##########원"), ("은행은 {}을 빌렸다.", "계좌에 {}이 있다.")),
    "order numbers": (None, lambda rng: f"{_day(rng, 2015, 2026):%Y%m%d}-{_some(rng, 7)}", AROUND),
    "order numbers, 14 digits": (None, lambda rng: f"{_day(rng, 2015, 2026):%Y%m%d}{_some(rng, 6)}", AROUND),
    "order numbers, 13 digits from a date": (
        None,
        lambda rng: f"{_day(rng, 2015, 2026):%y%m%d}{_some(rng, 7)}",
        AROUND,
    ),
    "parcel numbers": (None, _spelt("####-####-####"), AROUND),
    "seconds since 1970": (None, _spelt("17########"), AROUND),
    "ISBN": (None, _isbn(True), AROUND),
    "ISBN, unseparated": (None, _isbn(False), AROUND),
    "cards with a wrong check digit": (None, _card(False, "-"), AROUND),
    "business numbers with a wrong check digit": (None, _business(False), AROUND),
    "numbers in parts": (None, _spelt("###-###-######"), AROUND),
    "versions": (None, _spelt("#.#.##-####"), AROUND),
    "places on a map": (None, lambda rng: f"37.{_some(rng, 6)}, 127.{_some(rng, 6)}", AROUND),
    "hashes": (None, lambda rng: "".join(rng.choice("0123456789abcdef") for _ in range(40)), AROUND),
    "names with @": (None, lambda rng: f"@user{_some(rng, 4)}", AROUND),
}


def generated(form: str, seed: int = SEED, times: int = TIMES) -> Iterator[tuple[str, int, int]]:
    """Yield sentences of a form, with where its number stands."""
    _, make, around = FORMS[form]
    rng = random.Random(f"{seed} {form}")
    for _ in range(times):
        before, behind = rng.choice(around).split("{}")
        piece = make(rng)
        yield f"{before}{piece}{behind}", len(before), len(before) + len(piece)
