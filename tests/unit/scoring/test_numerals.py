"""Korean numerals read by characters: scales in descending order, and what is a word and no number."""

import re

import pytest

from kotune.scoring.numerals import scaled, written_out

UNIT = re.compile(r"\s?(?:원|명|년)")


@pytest.mark.parametrize(
    ("text", "value", "end"),
    [
        ("3조 5천억원", 3_500_000_000_000, 6),
        ("1만2천", 12_000, 4),
        ("5천2백", 5_200, 4),
        ("1,234만", 12_340_000, 6),
        ("3조사", 3, 1),
        ("10만 2024년", 100_000, 3),
    ],
)
def test_a_number_with_scales(text, value, end):
    assert scaled(text, 0) == (value, end)


@pytest.mark.parametrize(
    ("text", "value"),
    [("삼십", 30), ("천억", 10**11), ("이천 명", 2000), ("세 명", 3), ("시월", 10), ("만 원", 10_000)],
)
def test_a_number_written_in_hangul(text, value):
    assert written_out(text, 0, UNIT)[0] == value


@pytest.mark.parametrize("text", ["이천", "구조", "백조", "한 나라", "천만다행", "조건"])
def test_a_word_is_no_number(text):
    assert written_out(text, 0, UNIT) is None
