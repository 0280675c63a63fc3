"""The two programs that run a model from a GGUF file: transformers on its snapshot, and llama.cpp on the file itself.

Reads the snapshot's folder and the file; writes nothing. llama.cpp is the package llama-cpp-python, which kotune does
not ask for: only this comparison uses it. Both give logits in parts, so that a vocabulary of 262,144 fits in memory.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kotune.core.errors import UserError
from kotune.models.loading import load_model

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PACKAGE, RELEASE = "llama_cpp_python", "0.3.36"
PART = 128  # positions at once: 134 MB of logits at 262,144 tokens


def check_installed() -> None:
    """Raise UserError where llama.cpp is missing, and say how it is installed."""
    if importlib.util.find_spec("llama_cpp") is None:
        raise UserError(
            f"llama.cpp is not installed: pip install {PACKAGE}=={RELEASE} (it is built from source, which needs cmake "
            "and a C++ compiler and takes some minutes)"
        )


def load_snapshot(folder: str | os.PathLike, threads: int) -> PreTrainedModel:
    """Return the model of a snapshot in float32 on the CPU."""
    model = {"path": str(folder), "dtype": "float32"}
    return load_model(model, None, {"device": "cpu", "threads": threads}).model.eval()


def of_transformers(model: PreTrainedModel, texts: Sequence[Sequence[int]], part: int = PART) -> Iterator[np.ndarray]:
    """Yield the logits of each text's ids, (positions, vocabulary) a part."""
    import torch

    for ids in texts:
        kept = None
        for start in range(0, len(ids), part):
            given = torch.tensor([ids[start : start + part]])
            with torch.inference_mode():
                out = model(given, past_key_values=kept, use_cache=True)
            kept = out.past_key_values
            yield out.logits[0].numpy()


class LlamaCpp:
    """A GGUF file opened by llama.cpp with its own defaults, on the CPU. Use as a context: it frees what C holds."""

    def __init__(self, path: str | os.PathLike, window: int, threads: int, part: int = PART) -> None:
        check_installed()
        import llama_cpp

        self.c, self.part = llama_cpp, part
        said: list[str] = []
        self._log = llama_cpp.llama_log_callback(lambda _, line, __: said.append(line.decode("utf-8", "replace")))
        llama_cpp.llama_log_set(self._log, ctypes.c_void_p(0))  # kept above: C calls it
        llama_cpp.llama_backend_init()
        given = llama_cpp.llama_model_default_params()
        given.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(os.fsencode(Path(path)), given)
        if not self.model:
            reason = next((line.strip() for line in said if "error" in line), "it says no reason")
            raise UserError(f"{path}: llama.cpp ({PACKAGE} {self.version}) cannot load the file: {reason}")
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx, settings.n_batch, settings.n_ubatch = window, part, part
        settings.n_threads = settings.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, settings)
        self.vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.size = llama_cpp.llama_vocab_n_tokens(self.vocabulary)

    @property
    def version(self) -> str:
        """The package's version."""
        return self.c.__version__

    def __enter__(self) -> LlamaCpp:
        return self

    def __exit__(self, *_: object) -> None:
        self.c.llama_free(self.context)
        self.c.llama_model_free(self.model)

    def ids(self, text: str) -> list[int]:
        """Return a text's ids, with what the file puts before a text; control tokens are read as such."""
        given = text.encode("utf-8")
        room = (self.c.llama_token * (len(given) + 8))()
        count = self.c.llama_tokenize(self.vocabulary, given, len(given), room, len(room), True, True)
        return list(room[:count])

    def logits(self, texts: Sequence[Sequence[int]]) -> Iterator[np.ndarray]:
        """Yield the logits of each text's ids, (positions, vocabulary) a part."""
        batch = self.c.llama_batch_init(self.part, 0, 1)
        try:
            for ids in texts:
                self.c.llama_memory_clear(self.c.llama_get_memory(self.context), True)
                for start in range(0, len(ids), self.part):
                    yield self._decoded(batch, ids[start : start + self.part], start)
        finally:
            self.c.llama_batch_free(batch)

    def _decoded(self, batch: Any, ids: Sequence[int], start: int) -> np.ndarray:
        batch.n_tokens = len(ids)
        for place, number in enumerate(ids):
            batch.token[place], batch.pos[place], batch.logits[place] = number, start + place, True
            batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
        if self.c.llama_decode(self.context, batch):
            raise UserError(f"llama.cpp could not read {len(ids)} tokens at position {start}; ask for smaller windows")
        found = self.c.llama_get_logits(self.context)
        return np.ctypeslib.as_array(found, shape=(len(ids), self.size)).copy()
