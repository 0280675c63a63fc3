"""A panel's tables are named without being made, and no two of its numbers share a key."""

from kotune.report import panel_names


def test_a_study_with_a_panel_has_two_tables_and_one_without_none():
    assert panel_names.table_names({"panel": {"arm": "own_choice"}}) == ["panel", "panel-compared"]
    assert panel_names.table_names({}) == []


def test_a_difference_is_known_by_both_sides_and_its_metric():
    line = {
        "a": {"model": "models", "arm": "f1_sum"},
        "b": {"model": "prompts", "arm": "own choice"},
        "metric": "char_f1",
    }
    key = panel_names.pair_key("s", "m", "test", line)
    assert key == "s.panel.m.test.prompts.own_choice.minus.models.f1_sum.char_f1"
    assert key != panel_names.mean_key("s", "m", "test", "prompts", "own choice", "char_f1")
    assert panel_names.listed_key("s", "m", "test") == "s.panel.m.test.listed"
