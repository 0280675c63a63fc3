"""The figure of ratings draws each class that has rows, and the share that each threshold removes."""

from rated_lines import DOCUMENT, LINES, PUBLISHED

from kotune.report.quality_figure import figure


def test_both_panels_show_what_was_found():
    left, right = figure(LINES, DOCUMENT, PUBLISHED).axes
    assert [one.get_text() for one in left.texts] == ["1", "3"]
    assert right.lines[0].get_ydata()[2] == 20.0 * sum(line["rating"] < 2.5 for line in LINES)
    assert list(right.lines[1].get_ydata()) == [92.0]


def test_nothing_published_draws_no_point():
    assert len(figure(LINES, DOCUMENT, {}).axes[1].lines) == 1
