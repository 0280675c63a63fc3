"""Particles follow the sound of what stands before them: names, numbers, units and letters."""

import pytest

from kotune.core.particles import attach, choose


@pytest.mark.parametrize(
    ("word", "particle", "expected"),
    [
        ("새론은행", "은", "새론은행은"),
        ("누람전자", "은", "누람전자는"),
        ("누람전자", "이", "누람전자가"),
        ("용인시", "을", "용인시를"),
        ("베트남", "과", "베트남과"),
        ("한국은행", "이었", "한국은행이었"),
        ("통계청", "이며", "통계청이며"),
        ("금융위원회", "이며", "금융위원회며"),
        ("금융위원회", "이라", "금융위원회라"),
        ("대표", "이란", "대표란"),
        ("누람전자", "이었", "누람전자였"),
    ],
)
def test_a_particle_fits_the_final_consonant_of_a_name(word: str, particle: str, expected: str) -> None:
    assert attach(word, particle) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("부산", "부산으로"),
        ("서울", "서울로"),
        ("제주도", "제주도로"),
        ("1만톤", "1만톤으로"),
        ("7", "7로"),
        ("8", "8로"),
        ("3", "3으로"),
    ],
)
def test_ro_follows_a_vowel_and_rieul(word: str, expected: str) -> None:
    assert attach(word, "으로") == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("3", "3이"),  # 삼
        ("2", "2가"),  # 이
        ("0", "0이"),  # 영
        ("10", "10이"),  # 십
        ("300", "300이"),  # 백
        ("5000", "5000이"),  # 천
        ("20000", "20000이"),  # 만
        ("1,000,000,000,000", "1,000,000,000,000가"),  # 조
        ("2650.34", "2650.34가"),  # 사
        ("2650.31", "2650.31이"),  # 일
        ("3.0", "3.0이"),  # 영
        ("3만", "3만이"),
        ("12조", "12조가"),
    ],
)
def test_numbers_are_read_in_korean(number: str, expected: str) -> None:
    assert attach(number, "이") == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("3.4%", "3.4%를"),
        ("0.25%p", "0.25%p를"),
        ("0.25%포인트", "0.25%포인트를"),
        ("12만㎡", "12만㎡를"),
        ("200MW", "200MW를"),
        ("5kg", "5kg을"),
        ("450억원", "450억원을"),
        ("45억달러", "45억달러를"),
        ("1만2000명", "1만2000명을"),
        ("2.3배", "2.3배를"),
    ],
)
def test_units_and_symbols_are_read_by_their_names(word: str, expected: str) -> None:
    assert attach(word, "을") == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("아라온 S7", "아라온 S7은"),
        ("카비스 G5", "카비스 G5는"),
        ("LG", "LG는"),
        ("GDP", "GDP는"),
        ("HMM", "HMM은"),
        ("SSL", "SSL은"),
        ("VR", "VR은"),
    ],
)
def test_latin_letters_go_by_their_names_and_their_numbers_by_korean_numerals(word: str, expected: str) -> None:
    assert attach(word, "은") == expected


def test_closing_brackets_and_quotes_are_silent() -> None:
    assert attach("누람전자(주)", "은") == "누람전자(주)는"
    assert attach("'새론은행'", "을") == "'새론은행'을"


def test_an_unknown_particle_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown particle '에서'"):
        choose("부산", "에서")
