"""The learning curve has a line a way of choosing rows, its points in the order of how many there are."""

from __future__ import annotations

from kotune.printing.numbers import Numbers, mean_key, number
from kotune.report import learning_curve
from kotune.report.view import Report

CHOSEN = [{"arm": f"lima_{by}_{rows}", "by": by, "rows": rows} for by in ("random", "deita") for rows in (64, 16)]


def test_points_are_in_the_order_of_their_rows():
    lines = learning_curve.lines_of(Report({"chosen": CHOSEN}, None))
    assert {by: [point["rows"] for point in points] for by, points in lines.items()} == {
        "random": [16, 64], "deita": [16, 64]
    }  # fmt: skip
    assert learning_curve.has_curve(Report({"chosen": CHOSEN}, None))
    assert not learning_curve.has_curve(Report({}, None))


def test_each_way_is_a_line_and_the_base_a_level(plain):
    metric, numbers = plain.settings["primary_metric"], {}
    for arm in ["base", *(one["arm"] for one in CHOSEN)]:
        key = mean_key("econ-qa", plain.settings["models"][0]["name"], arm, "test", metric)
        numbers[key] = number(0.2, 3, [], (0.1, 0.3))
    settings = plain.settings | {"chosen": CHOSEN, "reported": ["test"]}
    figure = learning_curve.draw(Report(settings, plain.study), Numbers(numbers, "numbers"))
    (axis,) = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["base", "random", "deita"]
    assert axis.get_xlabel() == "rows learned" and axis.get_xscale() == "log"
