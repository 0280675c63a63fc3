"""Exact match that compares numbers as numbers: golden pairs, both ways round."""

from pathlib import Path

import pytest
import yaml

from kotune.scoring.metrics.numeric import exact_match_numeric_of
from kotune.scoring.metrics.text import exact_match_of

CASES = yaml.safe_load((Path(__file__).parents[3] / "data" / "numeric_cases.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("pair", CASES["equal"], ids=" = ".join)
def test_the_same_numbers_in_other_words_are_equal(pair):
    one, other = pair
    assert exact_match_numeric_of(one, other) == exact_match_numeric_of(other, one) == 1.0


@pytest.mark.parametrize("pair", CASES["unequal"], ids=" / ".join)
def test_other_numbers_units_or_words_are_not(pair):
    one, other = pair
    assert exact_match_numeric_of(one, other) == exact_match_numeric_of(other, one) == 0.0
    assert exact_match_numeric_of(one, one) == exact_match_numeric_of(other, other) == 1.0


def test_where_korquad_s_rule_takes_two_numbers_for_one():
    for one, other in (("3.5%", "35%"), ("-0.5%", "0.5%"), ("1/2", "12")):
        assert exact_match_of(one, other) == 1.0, "the rule deletes points, signs and slashes"
        assert exact_match_numeric_of(one, other) == 0.0


@pytest.mark.parametrize(("answer", "gold"), [("한국은행", "《한국은행》"), ("물가", "금리"), ("010-1234", "0101234")])
def test_texts_without_a_number_are_compared_by_korquad_s_rule(answer, gold):
    assert exact_match_numeric_of(answer, gold) == exact_match_of(answer, gold)


def test_the_best_of_several_gold_answers_counts():
    assert exact_match_numeric_of("3조 5천억", ["물가", "3,500,000,000,000"]) == 1.0


@pytest.mark.parametrize("text", ["9" * 130_000, "1," * 60_000, "조" * 100_000, "1." * 50_000, "천만" * 50_000, "0/0"])
def test_texts_of_any_length_are_compared(text):
    assert exact_match_numeric_of(text, "3") == 0.0
