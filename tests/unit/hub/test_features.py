"""Columns by a data set's card: in the layouts that cards have, of one subset, and through nested places."""

import pytest

from kotune.hub.features import features_of, missing_columns

PLAIN = {"name": "id", "dtype": "string"}
NESTED = [
    {"name": "answers", "struct": [{"name": "text", "sequence": "string"}]},
    {"name": "answers", "sequence": [{"name": "text", "dtype": "string"}]},
    {"name": "answers", "sequence": {"struct": [{"name": "text", "dtype": "string"}]}},
    {"name": "answers", "list": [{"name": "text", "dtype": "string"}]},
]


def card(*features, **more):
    return {"dataset_info": {"features": list(features), **more}}


@pytest.mark.parametrize("answers", NESTED)
def test_a_nested_place_is_found_in_each_layout(answers):
    entry = {"columns": {"id": "id", "answer": "answers.text"}, "only": {"id": "x"}}
    assert missing_columns(entry, card(PLAIN, answers)) == []
    missing = missing_columns({"columns": {"answer": "answers.txt", "id": "ID"}}, card(PLAIN, answers))
    assert [place for place, _ in missing] == ["answers.txt", "ID"] and "'text'" in missing[0][1]


def test_a_column_of_plain_values_holds_nothing_more_that_could_be_missed():
    assert missing_columns({"columns": {"id": "id.text"}}, card(PLAIN)) == []


def test_of_several_subsets_the_entrys_own_counts():
    several = {"dataset_info": [{"config_name": name, "features": [{"name": name}]} for name in ("sts", "mrc")]}
    assert features_of(several, "mrc") == [{"name": "mrc"}]
    assert features_of(several, "ner") is None and features_of(several, None) is None


def test_a_card_without_columns_says_nothing():
    assert missing_columns({"columns": {"id": "id"}}, {}) is None
    assert missing_columns({"columns": {"id": "id"}}, {"dataset_info": {"splits": []}}) is None
