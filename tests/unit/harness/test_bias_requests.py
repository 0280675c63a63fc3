"""What a model is asked of an item: choices in six orders, or not listed, golds where they stand then."""

import bias_lines

from kotune.harness.bias_requests import OWN_ORDER, requests_of


def of(listing):
    return [line for line in bias_lines.requests() if line["task"] == listing]


def test_listed_choices_are_asked_in_all_six_orders_and_others_once():
    assert len(of("letters")) == len(of("texts")) == 48 * 6 and len(of("unlisted")) == 48
    orders = [line["item"].rpartition(":")[2] for line in of("letters")[:6]]
    assert sorted(orders) == ["123", "132", "213", "231", "312", "321"] and orders[0] == OWN_ORDER


def test_gold_biased_and_unknown_are_where_they_stand_in_that_order():
    item = next(one for one in bias_lines.items() if not one.ambiguous)
    for line in requests_of([item], ["texts"]):
        said = [text.strip() for text in line["continuations"]]
        assert said[line["gold"]] == item.choices[item.gold]
        assert said[line["biased"]] == item.choices[item.biased] and said[line["unknown"]] == "알 수 없음"
        lines = line["context"].splitlines()
        assert [one[3:] for one in lines if one[:2] in ("A:", "B:", "C:")] == said
        assert lines[-1] == "정답:" and item.context in line["context"]


def test_letters_answer_in_the_listed_way_alone_and_nothing_is_listed_without_orders():
    assert {tuple(line["continuations"]) for line in of("letters")} == {(" A", " B", " C")}
    assert not any("A:" in line["context"] or "알 수 없음" in line["context"] for line in of("unlisted"))
