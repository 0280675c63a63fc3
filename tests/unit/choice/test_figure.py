"""The figure of the census: equal bytes for equal rows, each model's rows beside its window."""

from census_document import CENSUS

from kotune.choice.figure import draw
from kotune.printing.figure_style import house_style, save


def test_the_figure_shows_each_models_rows_and_its_window(tmp_path):
    for name in ("one", "two"):
        with house_style():
            figure = draw(CENSUS)
            save(figure, tmp_path, name)
    assert [axis.get_title(loc="left") for axis in figure.axes] == [
        "small: window 4 holds 33.3 %; excluded",
        "large: window 8 holds 100.0 %",
    ]
    assert [axis.lines[0].get_xdata()[0] for axis in figure.axes] == [4, 8]
    low, high = figure.axes[0].get_xlim()
    assert low < 4 < 8 < high
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
