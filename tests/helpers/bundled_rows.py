"""The bundled rows of econ-qa and korquad as files, which are packed."""

import lzma
from pathlib import Path

from checkout import ROOT

KORQUAD = "resources/mini/korquad/rows.json.xz"


def econ_news(split: str, folder: Path = ROOT) -> Path:
    """Return the file of a split of econ-qa's bundled rows; ``folder``: the repository, or a copy of it."""
    return folder / f"resources/mini/econ-news/{split}.csv.xz"


def opened(path: Path):
    """Open a file of rows as text, packed or not."""
    return (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8", newline="")
