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


def test_an_unknown_licence_says_so():
    assert {row[4] for row in texts(decision_table(select(facts={})))} == {"not known"}


def test_other_rules_and_their_winners():
    rows = texts(rules_table(select()))
    assert rows[0][:2] == ["this rule", "llama"]
    assert ["score only", "qwen"] in [row[:2] for row in rows]
    assert ["free for commerce", "nobody"] in [row[:2] for row in rows]
