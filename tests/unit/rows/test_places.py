"""Places: the one text of a cell, or all of its gold answers, wherever a file keeps them."""

import polars as pl
import pytest

from kotune.core.errors import UserError
from kotune.rows.places import golds_at, text_at

FRAME = pl.DataFrame(
    {
        "plain": ["가", None, " "],
        "listed": [["가", "나"], [], None],
        "answers": [{"text": ["가", " ", "나", "가", None], "at": [1, 2, 3, 4, 5]}, {"text": [], "at": []}, None],
        "objects": [[{"text": "가"}, {"text": "나"}], [], None],
        "deep": [[{"text": ["가"]}, {"text": ["나", "다"]}], [], None],
        "number": [[1, 2], [3], []],
        "meta": [{"a": 1, "b": 2}, None, None],
        "a.b": ["x", "y", "z"],
    },
    schema_overrides={"plain": pl.String},
)


@pytest.mark.parametrize(
    ("place", "golds"),
    [
        ("plain", [["가"], None, None]),
        ("listed", [["가", "나"], None, None]),
        ("answers", [["가", "나"], None, None]),
        ("answers.text", [["가", "나"], None, None]),
        ("objects", [["가", "나"], None, None]),
        ("objects.text", [["가", "나"], None, None]),
        ("deep.text", [["가", "나", "다"], None, None]),
        ("number", [["1", "2"], ["3"], None]),
        ("meta.a", [["1"], None, None]),
        ("a.b", [["x"], ["y"], ["z"]]),
    ],
)
def test_all_gold_answers_of_a_place_are_found_once_each(place, golds):
    assert FRAME.select(golds_at(FRAME, place, "x").alias("golds"))["golds"].to_list() == golds


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("listed", "^x: 'listed' holds lists; it must hold one text a row"),
        ("meta", "^x: 'meta' holds objects, not text; name the field of it that does: meta.a, meta.b"),
        ("meta.c", r"^x: 'meta' holds no 'c' \('meta.c'\)"),
        ("plain.text", "^x: 'plain' holds no 'text'"),
        ("plane", "^x: no column 'plane'; did you mean 'plain'"),
    ],
)
def test_a_place_without_one_text_a_row_is_named(place, message):
    with pytest.raises(UserError, match=message):
        FRAME.select(text_at(FRAME, place, "x"))


def test_the_text_of_an_object_is_its_text():
    assert FRAME.select(text_at(FRAME, "meta.b", "x")).to_series().to_list() == ["2", None, None]
