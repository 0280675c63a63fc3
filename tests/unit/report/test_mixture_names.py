"""The names of a mixture's tables and figure, where a study has one."""

from kotune.report.mixture_names import figure_names, table_names


def test_only_a_study_whose_rows_are_a_mixture_has_them():
    assert table_names({"mixture": True}) == ["mixture", "mixture-left-out", "mixture-seen"]
    assert figure_names({"mixture": True}) == ["mixture"]
    assert table_names({}) == figure_names({}) == []
