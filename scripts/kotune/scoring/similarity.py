"""Sentence similarity of answers and gold answers: the cosine of their sentence embeddings (`scoring.embedders`).

Each distinct text is embedded once. The vectors are kept in a small SQLite file in a cache folder, which any number of
processes may share and which may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.console import Progress
from kotune.core.sqlite_cache import SqliteCache
from kotune.core.storage import Json
from kotune.scoring.embedders import Embedder, open_embedder

if TYPE_CHECKING:
    import numpy as np

    from kotune.scoring.given import Pair

    Vectors = dict[str, tuple[np.ndarray, int | None]]  # text → its vector, and its tokens where a window limits them

DECIMALS = 6  # the vectors are float32: digits beyond these are noise of the processor


class VectorStore:
    """Vectors kept in a SQLite file."""

    def __init__(self, folder: str | os.PathLike | None, embedder: Embedder) -> None:
        path = None if folder is None else Path(folder) / "embeddings-v1.sqlite"
        create = (
            "CREATE TABLE IF NOT EXISTS vectors "
            "(embedder TEXT, text BLOB, vector BLOB, tokens INTEGER, PRIMARY KEY (embedder, text))"
        )
        self.cache = SqliteCache(path, "embedding cache", create)
        self.embedder = f"{embedder.name} {embedder.version}"

    def read(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of those texts that are kept; damaged vectors are passed over."""
        import numpy as np

        kept: Vectors = {}

        def look_up(connection: sqlite3.Connection) -> None:
            query = "SELECT vector, tokens FROM vectors WHERE embedder = ? AND text = ?"
            for text in texts:
                blob, tokens = connection.execute(query, (self.embedder, _key(text))).fetchone() or (b"", None)
                if not isinstance(blob, bytes) or not blob or len(blob) % 4:
                    continue
                vector = np.frombuffer(blob, dtype="<f4")
                if abs(float(vector @ vector) - 1.0) < 1e-3:  # false for NaN as well
                    kept[text] = (vector, tokens)

        self.cache.connected("be read", look_up)
        return kept

    def write(self, vectors: Vectors) -> None:
        """Keep vectors, beside those that other processes have kept meanwhile."""
        lines = [
            (self.embedder, _key(text), vector.astype("<f4").tobytes(), tokens)
            for text, (vector, tokens) in vectors.items()
        ]
        self.cache.insert(lines, 4)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()


def embed_all(texts: Iterable[str], embedder: Embedder, store: VectorStore) -> Vectors:
    """Return the vectors of the distinct texts; those that the store lacks are embedded and kept."""
    texts = list(dict.fromkeys(texts))
    vectors = store.read(texts)
    new = [text for text in texts if text not in vectors]
    progress = Progress(f"embedding texts with {embedder.name}", len(new))
    step = 256  # kept as it goes: a killed run does not begin anew
    for start in range(0, len(new), step):
        part = new[start : start + step]
        fresh = {
            text: (vector, embedder.count_tokens(text)) for text, vector in zip(part, embedder.embed(part), strict=True)
        }
        store.write(fresh)
        vectors.update(fresh)
        progress.update(start + len(part))
    return vectors


def _plain(text: str) -> str:
    """Return the text as it is embedded: NFC, no spaces around, and no half characters, which no embedder can read."""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8")).strip()


def similarities(pairs: Sequence[Pair], embedder: Embedder, store: VectorStore) -> tuple[list[float], Json]:
    """Return the similarity of each (answer, gold answers) pair (-1..1), and facts for the record.

    The best cosine over several gold answers, rounded to 6 decimals. By definition, without asking the embedder: two
    equal texts have 1.0 (two empty ones as well), and an empty text has 0.0 to any other.
    """
    import numpy as np

    compared = [(_plain(answer), [_plain(gold) for gold in golds]) for answer, golds in pairs]
    needed = [
        text
        for answer, golds in compared
        for gold in golds
        if answer and gold and answer != gold
        for text in (answer, gold)
    ]
    vectors = embed_all(needed, embedder, store)

    def cosine(one: str, other: str) -> float:
        if one == other:
            return 1.0
        if not one or not other:
            return 0.0
        a, b = (vectors[text][0].astype(np.float64) for text in (one, other))
        value = float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))
        return round(min(1.0, max(-1.0, value)), DECIMALS)

    values = [max(cosine(answer, gold) for gold in golds) for answer, golds in compared]
    beyond = [text for text, (_, tokens) in vectors.items() if embedder.window and (tokens or 0) > embedder.window]
    facts: Json = {"name": embedder.name, "version": embedder.version, "window_tokens": embedder.window}
    if embedder.window:
        facts["long_texts"] = embedder.long
    return values, {**facts, "texts": len(vectors), "texts_beyond_window": len(beyond)}


class Likeness:
    """Similarities by one embedder, as metrics ask for them; ``facts``: what the record says of it, once it was asked.

    ``settings``: of the embedder (`open_embedder`). Counts of texts are those of all times that it was asked.
    """

    def __init__(self, settings: Json, cache: str | os.PathLike | None) -> None:
        self.settings, self.cache = settings, cache
        self.facts: Json = {}

    def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the similarity of each (answer, gold answers) pair (-1..1)."""
        embedder = open_embedder(self.settings)
        values, found = similarities(pairs, embedder, VectorStore(self.cache, embedder))
        for count in ("texts", "texts_beyond_window"):  # of the answers, and of their reasonings
            found[count] += self.facts.get(count, 0)
        self.facts = found
        return values
