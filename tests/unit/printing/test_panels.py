"""Parts of figures: panels share their rows, a mean shows its interval, shares run from 0 to 1."""

from __future__ import annotations

import pytest

from kotune.printing.figure_style import WIDTH
from kotune.printing.panels import band, dot, label_rows, legend, mark, panels, share_axis

ENTRY = {"value": 0.4, "low": 0.25, "high": 0.5}


def labels(axis):
    return [label.get_text() for label in axis.get_yticklabels()]


def test_panels_stand_side_by_side_and_the_first_one_names_the_rows_of_all():
    figure, (left, right) = panels(["test", "test-unseen"], 2.0)
    label_rows(left, ["a", "b", "c"])
    assert tuple(figure.get_size_inches()) == (WIDTH, 2.0)
    assert [axis.get_title() for axis in (left, right)] == ["test", "test-unseen"]
    assert labels(left) == ["a", "b", "c"]
    assert left.get_ylim()[0] > 2 > 0 > left.get_ylim()[1], "the first row is on top"
    assert right.get_ylim() == left.get_ylim()
    assert right.yaxis.get_tick_params()["labelleft"] is False


def test_panels_may_have_scales_of_their_own():
    _, (left, right) = panels(["a", "b"], 1.0, share_y=False)
    left.set_ylim(0, 7)
    assert right.get_ylim() != left.get_ylim()


def test_a_share_runs_from_nothing_to_all():
    _, (axis,) = panels(["a"], 1.0)
    share_axis(axis, "char-F1")
    low, high = axis.get_xlim()
    assert low < 0 < 1 < high
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["0", "0.25", "0.5", "0.75", "1"]
    assert axis.get_xlabel() == "char-F1"


@pytest.mark.parametrize("draw", [dot, band])
def test_an_interval_reaches_from_its_low_to_its_high_end(draw):
    _, (axis,) = panels(["a"], 1.0)
    draw(axis, ENTRY, 2, "#000000")
    assert list(axis.lines[0].get_xdata()) == [0.25, 0.5]
    assert list(axis.lines[0].get_ydata()) == [2, 2]


def test_a_mark_stands_at_the_mean_and_the_legend_names_it():
    figure, (axis,) = panels(["a"], 1.0)
    mark(axis, ENTRY, 1, "#0072b2", filled=False, label="base")
    dot(axis, ENTRY, 0, "#0072b2", label="tuned")
    legend(figure, axis, 2)
    assert (list(axis.lines[0].get_xdata()), list(axis.lines[0].get_ydata())) == ([0.4], [1])
    assert (axis.lines[0].get_markerfacecolor(), axis.lines[-1].get_markerfacecolor()) == ("white", "#0072b2")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["base", "tuned"]


def test_shares_that_lie_close_together_are_shown_on_a_part_of_the_axis():
    _, (near, far) = panels(["a", "b"], 1.0)
    share_axis(near, "char-F1", [{"low": 0.70, "high": 0.72}, {"low": 0.71, "high": 0.74}])
    low, high = near.get_xlim()
    assert 0.69 < low < 0.70 and 0.74 < high < 0.75
    assert near.get_xlabel() == "char-F1 (part of the axis)"
    share_axis(far, "char-F1", [{"low": 0.1, "high": 0.2}, {"low": 0.7, "high": 0.8}])
    assert far.get_xlim()[1] > 1
