"""How many tokens a text has, for many texts and several tokenizers: each distinct text is counted once.

Reads tokenizer.json files. Counts are kept by tokenizer and text in a small SQLite file in a cache folder, which may be
deleted at any time. Texts are not stored; about 100 bytes per distinct text and tokenizer are, and up to a million
words of a tokenizer that reads word by word (see `separable`).
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.choice.separable import is_separable, words
from kotune.core.sqlite_cache import SqliteCache
from kotune.core.storage import read_json, sha256_of
from kotune.prompts.tokenizers import read_tokenizer

if TYPE_CHECKING:
    import tokenizers

WORDS = 1_000_000  # that are remembered
ENOUGH = 200_000  # words, to tell whether they come again
CHARACTERS = 1_500_000  # in one batch: an encoding takes some 100 bytes a token until it is counted


def use_threads(threads: int) -> None:
    """Let the tokenizers use so many cores; heard only before they first work in a process."""
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"


def text_key(text: str) -> bytes:
    """Return what stands for a text in the counts."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


class CountStore:
    """Counts kept in a SQLite file."""

    def __init__(self, folder: str | os.PathLike | None) -> None:
        create = (
            "CREATE TABLE IF NOT EXISTS counts (tokenizer TEXT, text BLOB, tokens INTEGER, "
            "PRIMARY KEY (tokenizer, text)) WITHOUT ROWID"
        )
        path = None if folder is None else Path(folder) / "token-counts-v1.sqlite"
        self.cache = SqliteCache(path, "token counts", create)

    def read(self, tokenizer: str, keys: Iterable[bytes]) -> dict[bytes, int]:
        """Return the counts that are kept of those texts."""
        kept: dict[bytes, int] = {}

        def look_up(connection: sqlite3.Connection) -> None:
            query = "SELECT tokens FROM counts WHERE tokenizer = ? AND text = ?"
            for key in keys:
                found = connection.execute(query, (tokenizer, key)).fetchone()
                if found and isinstance(found[0], int) and found[0] >= 0:
                    kept[key] = found[0]

        self.cache.connected("be read", look_up)
        return kept

    def write(self, tokenizer: str, counts: dict[bytes, int]) -> None:
        """Keep counts, beside those that other processes have kept meanwhile."""
        self.cache.insert([(tokenizer, key, tokens) for key, tokens in counts.items()], 3)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield the texts in batches of about so many characters, the longest first, so that no core waits for one."""
    batch: list[str] = []
    room = CHARACTERS
    for text in sorted(texts, key=len, reverse=True):
        if batch and len(text) > room:
            yield batch
            batch, room = [], CHARACTERS
        batch.append(text)
        room -= len(text)
    if batch:
        yield batch


class Counter:
    """Counts by one tokenizer. ``sha256`` is its file's; ``counted`` is how many tokens it really had to count."""

    def __init__(self, folder: str | os.PathLike, store: CountStore) -> None:
        self.folder, self.store = Path(folder), store
        self.sha256 = sha256_of(self.folder / "tokenizer.json")
        self.counted = 0
        self._known: dict[bytes, int] = {}
        self._words: dict[str, int] = {}
        self._by_words, self._met, self._new = False, 0, 0
        self._tokenizer: tokenizers.Tokenizer | None = None

    def counts(self, texts: Sequence[tuple[bytes, str]]) -> list[int]:
        """Return the tokens of each (key, text), with no control tokens added."""
        new = {key: text for key, text in texts if key not in self._known}
        if new:
            self._known |= self.store.read(self.sha256, new)
            self._count({key: text for key, text in new.items() if key not in self._known})
        return [self._known[key] for key, _ in texts]

    def _count(self, texts: dict[bytes, str]) -> None:
        if not texts:
            return
        if self._tokenizer is None:  # a second of loading that a full cache spares
            self._tokenizer = read_tokenizer(self.folder)
            self._by_words = is_separable(read_json(self.folder / "tokenizer.json"))
        plain = {key: _plain(text) for key, text in texts.items()}
        lengths: dict[str, int] = {}
        for batch in _batches(set(plain.values())):
            lengths |= self._sums_of_words(batch) if self._by_words else self._encoded(batch)
        fresh = {key: lengths[text] for key, text in plain.items()}
        self.counted += sum(fresh.values())
        self._known |= fresh
        self.store.write(self.sha256, fresh)

    def _sums_of_words(self, texts: Sequence[str]) -> dict[str, int]:
        """Return how many tokens each text has; words that were not met before are tokenised together."""
        parts = {text: words(text) for text in texts}
        if len(self._words) > WORDS:
            self._words.clear()
        new = set().union(*parts.values()).difference(self._words)
        self._words |= self._encoded(new)
        self._met += sum(map(len, parts.values()))
        self._new += len(new)
        # where words seldom come again, as in tables of codes, whole texts are faster; the counts are the same
        self._by_words = self._met < ENOUGH or self._new * 2 < self._met
        sums = {text: sum(map(self._words.__getitem__, own)) for text, own in parts.items()}
        if not self._by_words:
            self._words.clear()
        return sums

    def _encoded(self, texts: Iterable[str]) -> dict[str, int]:
        """Return how many tokens each text has; several cores work on a batch."""
        lengths: dict[str, int] = {}
        for batch in _batches(texts):
            encodings = self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            lengths |= {text: len(encoding) for text, encoding in zip(batch, encodings, strict=True)}
        return lengths


def _plain(text: str) -> str:
    """Return the text without half characters, which no tokenizer can read."""
    return text.encode("utf-8", "replace").decode("utf-8")
