"""Vectors of rows' texts, each of length 1, by a study's embedder and its cache.

Reads and writes the cache (`scoring.similarity.VectorStore`), which may be deleted at any time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.scoring.embedders import open_embedder
from kotune.scoring.similarity import VectorStore, embed_all

if TYPE_CHECKING:
    import numpy as np


def vectors_of(texts: Sequence[str], embedder: Json, cache: str | None) -> tuple[np.ndarray, Json]:
    """Return the vectors (texts, dimension) and what is said of the embedder; equal texts are embedded once."""
    import numpy as np

    opened = open_embedder(embedder)
    composed = [unicodedata.normalize("NFC", text) for text in texts]
    known = embed_all(composed, opened, VectorStore(cache, opened))
    beyond = sum(1 for _, tokens in known.values() if opened.window and (tokens or 0) > opened.window)
    said = {"name": opened.name, "version": opened.version, "texts_beyond_window": beyond}
    return np.stack([known[text][0] for text in composed]), said
