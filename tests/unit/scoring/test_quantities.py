"""A text becomes its numbers, their units, and the words between them."""

from fractions import Fraction

import pytest

from kotune.scoring.quantities import Quantity, quantities


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("약 3.5%", ["약", ("3.5", "%")]),
        ("2024-05-03", [("2024", "년"), ("5", "월"), ("3", "일")]),
        ("3~5%", [("3", "%"), ("5", "%")]),
        ("미화 -$5", ["미화", ("-5", "달러")]),
        ("2/4분기", [("2", "분기")]),
        ("2분의 1", [("1/2", None)]),
        ("한국은행", ["한국은행"]),
        ("1.2.3", ["123"]),
        ("", []),
    ],
)
def test_numbers_with_their_units(text, parts):
    expected = [one if isinstance(one, str) else Quantity(Fraction(one[0]), one[1]) for one in parts]
    assert list(quantities(text)) == expected
