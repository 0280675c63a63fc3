"""Exact match, character F1 and ROUGE-L as KorQuAD 1.0 and the textbook compute them."""

import itertools
import json
import random
import re
import string
from collections import Counter

import pytest

from kotune.core.names import ROOT
from kotune.scoring.metrics import text as metrics

DATA = ROOT / "tests" / "data"
CASES = json.loads((DATA / "korquad_cases.json").read_text(encoding="utf-8"))
EXAMPLE = json.loads((DATA / "ensemble_example.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "expected"), CASES["normalised"])
def test_normalises_as_korquad(text, expected):
    assert metrics.normalise(text) == expected
    assert metrics.normalise(text, None) == expected


@pytest.mark.parametrize("case", CASES["scores"], ids=lambda case: case["about"])
def test_golden_scores(case):
    answer, golds, form = case["answer"], case["golds"], case["unicode_form"]
    assert metrics.exact_match_of(answer, golds, form) == case["exact_match"]
    assert metrics.char_f1_of(answer, golds, form) == pytest.approx(case["char_f1"], abs=5e-11)


@pytest.mark.parametrize("row", EXAMPLE["rows"], ids=lambda row: row["id"])
def test_the_published_example_to_ten_digits(row):
    a, b, c = row["answers"]
    values = [metrics.char_f1_of(a, b), metrics.char_f1_of(b, c), metrics.char_f1_of(a, c)]
    assert [round(value, 10) for value in values] == row["f1"]


def published_f1(prediction: str, truth: str) -> float:
    """The evaluation script, line by line."""

    def normalise(text: str) -> str:
        for mark in "'\"《》<>〈〉()‘’":
            text = re.sub(re.escape(mark), " ", text)
        return " ".join("".join(letter for letter in text.lower() if letter not in set(string.punctuation)).split())

    predicted = [letter for word in normalise(prediction).split() for letter in word]
    true = [letter for word in normalise(truth).split() for letter in word]
    same = sum((Counter(predicted) & Counter(true)).values())
    if same == 0:
        return 0
    precision, recall = 1.0 * same / len(predicted), 1.0 * same / len(true)
    return (2 * precision * recall) / (precision + recall)


def test_agrees_with_the_published_script_to_the_last_bit():
    dice = random.Random(1)
    letters = "가나다라 미중·한국은행0123456789%.,()<>《》'\"“”Aa -_~\n" + "\u1100\u1161"
    for _ in range(2000):
        one, other = ("".join(dice.choices(letters, k=dice.randrange(12))) for _ in range(2))
        assert metrics.char_f1_of(one, other, None) == published_f1(one, other)


def longest_common(one: str, other: str) -> int:
    """The textbook's table."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@pytest.mark.parametrize(
    ("answer", "gold", "common"),
    [
        ("금리를 내렸다", "금리를 내렸다", 6),
        ("금리 인하", "기준금리를 인하했다", 4),  # no word is the same
        ("다나가", "가나다", 1),
        ("《연》 3.5%", "연 3.5 %", 3),
        ("물가", "금리", 0),
        ("", "", 0),
    ],
)
def test_rouge_l_is_the_f1_of_the_longest_common_subsequence_of_characters(answer, gold, common):
    answered, golds = (len(metrics.normalise(text).replace(" ", "")) for text in (answer, gold))
    expected = 2 * common / (answered + golds) if common else 0.0
    assert metrics.rouge_l_of(answer, gold) == pytest.approx(expected)


def test_rouge_l_of_long_texts_is_the_textbooks():
    dice = random.Random(3)
    for _ in range(50):
        one, other = ("".join(dice.choices("가나다라마바사아자차", k=dice.randrange(1, 200))) for _ in range(2))
        expected = 2 * longest_common(one, other) / (len(one) + len(other))
        assert metrics.rouge_l_of(one, other) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "gold", "value"),
    [
        ("정답은 3.5%입니다", "3.5%", 1.0),
        ("기준 금리를 내렸다", "기준금리", 1.0),
        ("3%", "3.5%", 0.0),
        ("물가", ["금리", "물 가"], 1.0),
        ("금리", "...", 0.0),
        ("...", "!", 1.0),  # both normalise to nothing, which exact match takes for equal
    ],
)
def test_an_answer_contains_a_gold_answer(answer, gold, value):
    assert metrics.contains_gold_of(answer, gold) == value
    assert metrics.contains_gold_of(answer, gold) >= metrics.exact_match_of(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold", "value"),
    [
        ("200.5%포인트", "0.5%포인트", 0.0), ("2015년이다", "15년", 0.0), ("1년 전", "1년", 1.0), ("11년 전", "1년", 0.0),
        ("3.5%", "5%", 0.0), ("3.5%", "3%", 0.0), ("3~5%", "5%", 1.0), ("2024-05", "2024", 1.0), ("2024 5월", "5월", 1.0),
        ("11년과 1년", "1년", 1.0), ("-0.5%", "0.5%", 1.0), ("약 1,200원", "1200원", 1.0), ("1,200원", "200원", 0.0),
        ("20 24년", "24년", 1.0), ("2 3", "23", 1.0), ("", "", 1.0), ("물가", "", 0.0), ("", "물가", 0.0),
    ],
)  # fmt: skip
def test_a_piece_of_a_number_is_not_contained(answer, gold, value):
    assert metrics.contains_gold_of(answer, gold) == value
    assert metrics.contains_gold_of(answer, gold) >= metrics.exact_match_of(answer, gold)


def test_an_answer_contains_what_equals_it():
    texts = ["".join(marks) for marks in itertools.product("1a .-~", repeat=4)]
    changed = [
        (text, gold) for text in texts for gold in (text, text.replace("-", ""), text.replace(".", ""), f"({text})")
    ]
    for text, gold in changed:
        assert metrics.contains_gold_of(text, gold) >= metrics.exact_match_of(text, gold)


def test_the_best_of_several_gold_answers_counts():
    assert metrics.rouge_l_of("연 3%", ["물가", "연 3%"]) == 1.0


def test_characters_are_counted_as_they_are_read():
    assert metrics.chars_of("연 3.25%") == 7
    assert metrics.chars_of("\u1112\u1161\u11ab") == 1, "letters that make one syllable"
    assert metrics.chars_of("") == 0
