"""The tables on a selection say what the rule saw and what other rules would have chosen."""

from selections import RULE, census, select

from kotune.choice.tables import decision_table, rules_table


def cells(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_each_candidate_has_its_verdict_and_facts():
    found = select(rule={**RULE, "exclude": {"window": True}}, census=census(llama=False, qwen=False, gemma=True))
    rows = {row[0]: row for row in cells(decision_table(found))}
    assert rows["llama"][2] == "selected" and rows["llama"][3] == "1,241,988"
    assert rows["qwen"][2] == "near tie" and rows["gemma"][2] == "excluded" and rows["gemma"][3] == ""
    assert rows["qwen"][4] == "no"


def test_an_unknown_licence_says_so():
    assert {row[4] for row in cells(decision_table(select(facts={})))} == {"not known"}


def test_other_rules_and_their_winners():
    rows = cells(rules_table(select()))
    assert rows[0][:2] == ["this rule", "llama"]
    assert ["score only", "qwen"] in [row[:2] for row in rows]
    assert ["free for commerce", "nobody"] in [row[:2] for row in rows]
