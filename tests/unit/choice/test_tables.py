"""What a choice prints: each model's tokens, its window with the reason, what the rule saw, what other rules say."""

import pytest
from census_document import CENSUS, REASON
from selections import RULE, census, select

from kotune.choice.tables import census_table, decision_table, percent, rules_table, windows_table


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_a_line_for_each_part_that_has_texts():
    table = census_table(CENSUS)
    assert texts(table)[:2] == [
        ["small", "context", "3", "2", "3", "3", "3", "1.86"],
        ["small", "whole row", "3", "1,234", "3", "3", "3", ""],
    ]
    assert table.rules == {2}
    assert "train 2, test 1" in table.notes[0]


def test_who_is_excluded_and_why_is_printed():
    table = windows_table(CENSUS)
    assert texts(table) == [
        ["small", "4", "33.3", "100.0", "yes", REASON],
        ["large", "8", "100.0", "100.0", "no", ""],
    ]
    assert [cell.strong for cell in (row[4] for row in table.rows)] == [True, False]
    assert f"small: {REASON}." in table.notes
    assert "less than 95 % of the 3 rows" in table.notes[0]


@pytest.mark.parametrize(("share", "shown"), [(0.9999, "99.9"), (1.0, "100.0"), (0.29, "29.0"), (0.0, "0.0")])
def test_a_share_is_never_rounded_up(share, shown):
    assert percent(share).text == shown


def test_each_candidate_has_its_verdict_and_facts():
    found = select(rule={**RULE, "exclude": {"window": True}}, census=census(llama=False, qwen=False, gemma=True))
    rows = {row[0]: row for row in texts(decision_table(found))}
    assert rows["llama"][2] == "selected" and rows["llama"][3] == "1,241,988"
    assert rows["qwen"][2] == "near tie" and rows["gemma"][2] == "excluded" and rows["gemma"][3] == ""
    assert rows["qwen"][4] == "no"


def test_the_decision_says_who_was_not_asked_and_what_a_window_cut():
    facts = {"window_tokens": 8, "texts": 9, "texts_beyond_window": 2, "long_texts": "cut"}
    embedders = {"embedders": [{"name": "small", "facts": facts}, {"name": "other", "facts": {**facts, "texts": 1}}]}
    asked = [{"model": "qwen", "arm": "base", "rows": 51}]
    told = {"policy": "zero", "splits": {"valid": {"rows": 60, "compared": 60, "asked": asked}}}
    notes = decision_table({**select(), "metric": "similarity", "overlong": told}, embedders).notes
    assert notes[1:] == (
        "small reads 8 tokens: 2 of 9 texts were longer and were cut: what stands behind is not compared, and two texts "
        "with one beginning have similarity 1 (long_texts: mean_windows compares them whole).",
        "Of 60 rows were asked: qwen 51; rows that are too long for a model count 0 for it.",
    )
    assert len(decision_table(select(), embedders).notes) == 1  # of char-F1, and everybody was asked everything
    left = {**told, "policy": "leave_out"}
    assert "are left out for all models" in decision_table({**select(), "overlong": left}).notes[-1]


def test_an_unknown_licence_says_so():
    assert {row[4] for row in texts(decision_table(select(facts={})))} == {"not known"}


def test_other_rules_and_their_winners():
    rows = texts(rules_table(select()))
    assert rows[0][:2] == ["this rule", "llama"]
    assert ["score only", "qwen"] in [row[:2] for row in rows]
    assert ["free for commerce", "nobody"] in [row[:2] for row in rows]
