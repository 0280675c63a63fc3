"""An embedder that can be looked through."""

import numpy as np

from kotune.scoring import similarity
from kotune.scoring.similarity import VectorStore


class Letters:
    """An embedder that can be looked through: a text's vector counts its letters."""

    name, window, long = "letters", None, "cut"

    def __init__(self, version="1", window=None):
        self.version, self.window, self.asked = version, window, []

    def embed(self, texts):
        self.asked += texts
        counts = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in enumerate(texts):
            for letter in text:
                counts[row, ord(letter) % 64] += 1
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    def count_tokens(self, text):
        return len(text) if self.window else None


def values(pairs, embedder=None, cache=None):
    embedder = embedder or Letters()
    return similarity.similarities(pairs, embedder, VectorStore(cache, embedder))[0]
