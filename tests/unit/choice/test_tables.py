"""A choice in print: each model's tokens, its window with the reason, what the rule saw and what others would choose."""

import pytest
from selections import RULE, census, select

from kotune.choice import figure as census_figure
from kotune.choice.tables import census_table, decision_table, percent, rules_table, windows_table
from kotune.printing.figure_style import house_style, save


def part(histogram, values=3, mean=2.333, median=3, p95=3, most=3):
    return {"values": values, "mean": mean, "median": median, "p95": p95, "max": most, "histogram": histogram}


def model(name, window, held, reason=None):
    return {
        "name": name,
        "context_window": window,
        "tokens": {"context": part([1, 2, 0]), "cot_answer": None, "row": part([0, 1, 2], mean=1234.5)},
        "characters_of": "context",
        "characters_per_token": 1.857,
        "own": {"window": window, "rows": 3, "share": held},
        "what_if": [{"window": 8192, "rows": 3, "share": 1.0}],
        "excluded": reason is not None,
        "reason": reason,
        "tokenizer_sha256": "0",
    }


REASON = "window 4 holds 33.3 % of the rows; 95 % are asked for"
CENSUS = {
    "rows": {"train": 2, "test": 1},
    "total": 3,
    "settings": {"share": 0.95, "what_if": [8192], "reserve": 16, "text_columns": ["context", "cot_answer"]},
    "columns": ["context", "cot_answer"],
    "edges": [1.0, 2.0, 4.0, 8.0],
    "models": [model("small", 4, 0.333333, REASON), model("large", 8, 1.0)],
}


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


def test_the_figure_shows_each_models_rows_and_its_window(tmp_path):
    for name in ("one", "two"):
        with house_style():
            figure = census_figure.draw(CENSUS)
            save(figure, tmp_path, name)
    assert [axis.get_title(loc="left") for axis in figure.axes] == [
        "small: window 4 holds 33.3 %; excluded",
        "large: window 8 holds 100.0 %",
    ]
    assert [axis.lines[0].get_xdata()[0] for axis in figure.axes] == [4, 8]
    low, high = figure.axes[0].get_xlim()
    assert low < 4 < 8 < high
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


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
