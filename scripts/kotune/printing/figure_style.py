"""The figures' style: the Korean font, sizes and colours, and how a figure becomes a file.

Equal figures give equal bytes: no dates, fixed identifiers in SVG. Colours are Okabe and Ito's, which colour-blind
readers can tell apart; shapes and line styles differ as well.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 6.3  # inches: the text width of the paper
INK, GREY, PALE = "#222222", "#8a8a8a", "#dddddd"
BLUE, ORANGE = "#0072b2", "#d55e00"
COLOURS = (BLUE, "#e69f00", "#009e73", "#cc79a7", "#56b4e9", ORANGE, "#7a6a00", "#000000")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
STYLE = {
    "font.family": "NanumGothic",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titleweight": 600,
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,  # the font has no U+2212
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 8,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "text.color": INK,
    "svg.hashsalt": "kotune",
    "svg.fonttype": "path",
    "figure.dpi": 100,
    "savefig.dpi": 200,
}
FORMATS: dict[str, dict[str, None]] = {  # a figure's endings, with what must not be told of when and how it was made
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}


def font_files() -> list[Path]:
    """Return the Korean font's files, without importing their package, which would change matplotlib's settings."""
    spec = importlib.util.find_spec("koreanize_matplotlib")
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            "the package koreanize-matplotlib, which brings the Korean font, is missing: install requirements.txt"
        )
    folder = Path(spec.submodule_search_locations[0]) / "fonts"
    return [folder / "NanumGothic.ttf", folder / "NanumGothicBold.ttf"]


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in kotune's style inside the block; matplotlib's own settings return after it."""
    import matplotlib
    from matplotlib import font_manager

    for path in font_files():
        font_manager.fontManager.addfont(path)
    with matplotlib.rc_context(STYLE):
        yield


def save(figure: Figure, folder: str | Path, name: str, endings: Iterable[str] = FORMATS) -> None:
    """Write {name}.svg and {name}.png, or what ``endings`` names, the same bytes for the same figure."""
    for ending in endings:
        metadata = FORMATS[ending]
        with replacing(Path(folder) / f"{name}.{ending}") as beside:
            figure.savefig(beside, format=ending, metadata=metadata)
