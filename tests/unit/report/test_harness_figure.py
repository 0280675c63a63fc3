"""The figure: a panel a row, an interval an arm and task, one line for the highest floor."""

import harness_lines

from kotune.printing.figure_style import house_style
from kotune.report.harness_figure import figure
from kotune.report.harness_numbers import numbers_of


def test_each_panel_has_all_tasks_arms_and_the_highest_floor(tmp_path):
    settings, statistics = harness_lines.tabulated(tmp_path, rows=[("published", 5), ("clean", 5)], items=12)
    with house_style():
        axes = figure(settings, statistics, numbers_of(settings, statistics)).axes
    assert [axis.get_title(loc="left") for axis in axes] == ["published, 5 shots", "clean, 5 shots"]
    labels = [text.get_text() for text in axes[0].get_yticklabels()]
    assert labels == ["boolq", "copa", "hellaswag", "sentineg", "wic", "kobest"]
    assert {handle.get_label() for handle in axes[0].get_legend_handles_labels()[0]} == {
        "base",
        "tuned",
        "highest floor",
    }
    assert (tmp_path / "figures/harness-kobest.svg").is_file()
