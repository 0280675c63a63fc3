"""The names of the tables of samples and of preferences, where a study has such arms."""

from kotune.report.sampled_names import figure_names, table_names


def test_only_a_study_with_such_arms_has_them():
    both = {"sampled-rows": ["kept"], "preferences": ["dpo"]}
    assert table_names(both) == ["sampled-rows", "preferences", "preference-floors"]
    assert table_names({"sampled-rows": ["kept"]}) == ["sampled-rows"]
    assert figure_names({"sampled-rows": ["kept"]}) == [] and figure_names({"preferences": ["dpo"]}) == ["preferences"]
    assert table_names({"rewards": ["rl"]}) == figure_names({"rewards": ["rl"]}) == ["rewards"]
    assert table_names({}) == figure_names({}) == []
