"""KorQuAD's normalisation, and what it takes from numbers; that it equals the official script: tests of metrics."""

import pytest

from kotune.core.korquad import lost, normalise, risks


@pytest.mark.parametrize(
    ("text", "normal"), [("《삼국지》 (상)", "삼국지 상"), ("3.5%", "35"), ("A-1", "a1"), ("...", "")]
)
def test_the_rule(text, normal):
    assert normalise(text) == normal


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("3.5%", ["point"]),
        ("-0.5%", ["point", "sign"]),
        ("1/2", ["slash"]),
        ("2~3년", ["range"]),
        ("1,234원", []),  # its thousands stay what they are
        ("2024년 5월", []),
        ("U.S.", []),
    ],
)
def test_what_is_lost(text, marks):
    assert lost(text) == marks


def test_how_many_gold_answers_are_in_danger():
    golds = [["3.5%"], ["35%"], ["물가"], ["1/2", "절반"], ["12"], ["물 가"]]
    assert risks(golds) == {"at_risk": 2, "collisions": 2}
    assert risks([["물가"], ["《물가》"]]) == {"at_risk": 0, "collisions": 0}
