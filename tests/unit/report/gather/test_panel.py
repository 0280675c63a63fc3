"""A study's numbers hold those of its panel."""

from panels_made import tabulated

from kotune.report.gather.panel import panel
from kotune.report.view import Report


def test_numbers_are_gathered_where_a_study_has_a_panel(tmp_path):
    folder = tmp_path / "toy"
    tabulated(folder)
    found = panel(Report({"study": "toy", "digits": 3, "panel": {"arm": "own_choice"}}, folder))
    key = "toy.panel.m.test.prompts.majority.minus.models.majority.char_f1"
    assert found[key]["value"] < 0 and found[f"{key}.p_holm"]["family"] == 2
    assert found["toy.panel.m.test.listed"] == {
        "value": 8 + 3,
        "text": "11",
        "n": 12,
        "records": ["toy/panel/statistics.json"],
    }
    assert panel(Report({"study": "toy"}, folder)) == {}
