"""Numbers: printed with fixed digits, refused where they are not finite, named where they are missing."""

from __future__ import annotations

import pytest

from kotune.core.errors import UserError
from kotune.core.storage import write_json
from kotune.printing.numbers import (
    Numbers,
    count,
    difference_key,
    fixed,
    mean_key,
    merged,
    number,
    p_text,
    prompt_key,
    read_numbers,
    treatment_key,
)


@pytest.mark.parametrize(
    ("value", "digits", "sign", "text"),
    [
        (0.8734, 3, False, "0.873"),
        (12345.6, 0, False, "12,346"),
        (-0.0004, 3, False, "0.000"),
        (0.0004, 3, True, "0.000"),
        (0.25, 3, True, "+0.250"),
        (-0.25, 3, True, "-0.250"),
    ],
)
def test_a_number_is_printed_with_fixed_digits(value, digits, sign, text):
    assert fixed(value, digits, sign) == text


def test_small_p_values_are_printed_short():
    assert (p_text(0.00004), p_text(0.0012), p_text(1.0)) == ("<0.001", "0.001", "1.000")


def test_a_number_carries_its_interval_its_facts_and_its_records_once_each():
    assert number(0.25, 2, ["b", "a", "b"], (-0.5, 1), sign=True, n=7, articles=None) == {
        "value": 0.25,
        "text": "+0.25",
        "low": -0.5,
        "high": 1,
        "low_text": "-0.50",
        "high_text": "+1.00",
        "interval": "[-0.50, +1.00]",
        "n": 7,
        "records": ["a", "b"],
    }
    assert count(1200, ["a"]) == {"value": 1200, "text": "1,200", "records": ["a"]}


def test_a_number_that_is_not_finite_is_refused_with_its_record():
    with pytest.raises(UserError, match="a/record.json.*nan"):
        number(float("nan"), 3, ["a/record.json"])
    with pytest.raises(UserError, match="a/record.json.*inf"):
        number(0.5, 3, ["a/record.json"], (0.0, float("inf")))


def test_two_numbers_under_one_key_are_a_fault():
    with pytest.raises(ValueError, match="'x'"):
        merged([{"x": {}}, {"x": {}}])


def test_a_missing_number_is_named_with_the_nearest():
    many = {f"econ-qa.qlora.tiny-gemma{place}.test.char_f1": {} for place in range(30)}
    with pytest.raises(UserError, match="no number 'econ-qa.qlora.tiny-gema2.test.char_f1'; did you mean 'econ-qa"):
        Numbers(many, "numbers.json")["econ-qa.qlora.tiny-gema2.test.char_f1"]
    with pytest.raises(UserError, match="no number 'x'"):
        Numbers({"y": {}}, "numbers.json")["x"]


def test_numbers_and_costs_are_read_as_one(tmp_path):
    write_json(tmp_path / "numbers.json", {"a": {"value": 1}})
    write_json(tmp_path / "costs.json", {"b": {"value": 2.5}})
    numbers = read_numbers(tmp_path / "numbers.json", tmp_path / "costs.json")
    assert ("a" in numbers, "c" in numbers, numbers.value("b")) == (True, False, 2.5)


def test_keys_say_whose_number_it_is():
    assert mean_key("s", "m", "base", "test", "char_f1") == "s.base.m.test.char_f1"
    assert difference_key("s", ("m", "base"), ("m", "qlora"), "test", "char_f1") == (
        "s.qlora.m.minus.base.m.test.char_f1"
    )
    assert prompt_key("s", "m", "all", "s.clean", "test") == "s.prompts.m.all.s.clean.test"
    assert treatment_key("s", "training", "m", "qlora", 42) == "s.training.qlora.m.seed42"
