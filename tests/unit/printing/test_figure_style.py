"""The style: the Korean font inside its block, matplotlib as it was after it, equal bytes for equal figures."""

from __future__ import annotations

from kotune.printing.figure_style import FORMATS, font_files, house_style, save


def drawn(label: str):
    from matplotlib.figure import Figure

    with house_style():
        figure = Figure(figsize=(2, 1))
        figure.subplots().set_title(label)
        return figure


def test_the_style_ends_with_its_block():
    import matplotlib

    before = dict(matplotlib.rcParams)
    with house_style():
        assert matplotlib.rcParams["font.family"] == ["NanumGothic"]
        assert matplotlib.rcParams["axes.unicode_minus"] is False
    assert dict(matplotlib.rcParams) == before


def test_the_korean_font_is_there_in_both_weights():
    assert [path.name for path in font_files()] == ["NanumGothic.ttf", "NanumGothicBold.ttf"]
    assert all(path.is_file() for path in font_files())


def test_equal_figures_give_equal_bytes_and_others_do_not(tmp_path):
    for name, label in (("one", "기사"), ("same", "기사"), ("other", "질문")):
        with house_style():
            save(drawn(label), tmp_path, name)
    for ending in FORMATS:
        one, same, other = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("one", "same", "other"))
        assert one == same != other
    assert "<dc:date>" not in (tmp_path / "one.svg").read_text(encoding="utf-8")
