"""Census: what each candidate's tokenizer makes of the rows, and which rows its window holds.

Reads rows ({split}.parquet), each candidate's tokenizer.json and its rendered prompts; gives census.json. Texts are counted
in batches by the tokenizers' own threads, each distinct text once, and counts are kept in a small SQLite file in a
cache folder, which may be deleted at any time: one more candidate counts what is new.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.errors import UserError
from kotune.prompts import summarised
from kotune.storage import Json, explained, read_parquet, sha256_of

if TYPE_CHECKING:
    import polars
    import tokenizers

BATCH = 256  # texts that are counted together: memory does not grow with the rows
BINS = 36
ROW = "row"


class Counts:
    """Token counts of one tokenizer by the text's hash, in memory and, where there is a folder, on disk."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, version: str, folder: Path | None) -> None:
        self.tokenizer, self.counted = tokenizer, 0
        self.store = None
        if folder is not None:
            with explained(folder, "make the folder of counted tokens"):
                folder.mkdir(parents=True, exist_ok=True)
            self.store = sqlite3.connect(folder / f"{version[:16]}.sqlite", timeout=60)
            self.store.execute("create table if not exists counts (text blob primary key, tokens integer)")

    def of(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text; those that were counted before are looked up."""
        keys = [hashlib.sha256(text.encode("utf-8")).digest()[:16] for text in texts]
        known = self._known(keys)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        for batch in _batches(list(new), BATCH):
            found = self.tokenizer.encode_batch_fast([new[key] for key in batch], add_special_tokens=False)
            made = {key: len(one.ids) for key, one in zip(batch, found, strict=True)}
            self.counted += len(made)
            known |= made
            if self.store is not None:
                with contextlib.closing(self.store.cursor()) as cursor:
                    cursor.executemany("insert or ignore into counts values (?, ?)", made.items())
                self.store.commit()
        return [known[key] for key in keys]

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        if self.store is None:
            return {}
        known: dict[bytes, int] = {}
        for batch in _batches(keys, 500):
            asked = f"select text, tokens from counts where text in ({', '.join('?' * len(batch))})"
            known |= dict(self.store.execute(asked, batch).fetchall())
        return known

    def close(self) -> None:
        """Close the file of counts."""
        if self.store is not None:
            self.store.close()


def _batches(items: Sequence, size: int) -> Iterator[Sequence]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _load(model: Json) -> tuple[tokenizers.Tokenizer, str]:
    """Return a candidate's tokenizer and the hash of its file."""
    from tokenizers import Tokenizer

    path = Path(model["path"]) / "tokenizer.json"
    if not path.is_file():
        raise UserError(f"{path}: the tokenizer of '{model['name']}' is missing; fetch or make the model first")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer, sha256_of(path)


def _texts(frame: polars.DataFrame, column: str, path: Path) -> list[str]:
    if column not in frame.columns:
        raise UserError(f"{path}: has no column '{column}'; remove the file and run again")
    return [text for text in frame[column].to_list() if text is not None]


def _row_lengths(model: Json, rows: Sequence[Path]) -> list[int]:
    """Return the tokens of each rendered row, its answer included, of excluded rows too."""
    lengths: list[int] = []
    for path in rows:
        frame = read_parquet(Path(model["prompts"]) / path.name)
        pairs = zip(frame["prompt_tokens"].to_list(), frame["completion_tokens"].to_list(), strict=True)
        lengths += [prompt + completion for prompt, completion in pairs]
    return lengths


def held(lengths: Sequence[int], window: int, reserve: int) -> float:
    """Return the share of the rows that a window holds; an answer is generated into ``reserve`` tokens at least.

    ``lengths``: tokens of whole rendered rows, answers included.
    """
    return sum(length <= window - reserve for length in lengths) / len(lengths)


def verdict(share: float, window: int, asked: float) -> Json:
    """Return whether the rule excludes a candidate, and the reason as a sentence's second half."""
    told = f"its window of {window:,} tokens holds {100 * share:.1f} % of the rows, {100 * asked:g} % are asked for"
    return {"excluded": share < asked, "reason": told}


def edges_of(everything: Iterable[int]) -> list[float]:
    """Return edges of bins, even on a log scale, that hold all lengths."""
    lengths = [length for length in everything if length > 0]
    low, high = math.log10(min(lengths)), math.log10(max(lengths) + 1)
    return [10 ** (low + (high - low) * place / BINS) for place in range(BINS + 1)]


def histogram(lengths: Sequence[int], edges: Sequence[float]) -> list[int]:
    """Return how many lengths lie in each bin; the first and the last take what is beyond them."""
    import bisect

    counts = [0] * (len(edges) - 1)
    for length in lengths:
        counts[min(max(bisect.bisect_right(edges, length) - 1, 0), len(counts) - 1)] += 1
    return counts


def count_model(model: Json, rows: Sequence[Path], settings: Json, cache: Path | None) -> tuple[Json, list[int]]:
    """Return what one candidate's tokenizer makes of the rows, and the tokens of each whole row."""
    tokenizer, version = _load(model)
    counts = Counts(tokenizer, version, cache)
    tokens: dict[str, list[int]] = {column: [] for column in settings["text_columns"]}
    characters = 0
    for path in rows:
        frame = read_parquet(path)
        for column in tokens:
            texts = _texts(frame, column, path)
            tokens[column] += counts.of(texts)
            characters += sum(map(len, texts)) if column == "context" else 0
    counts.close()
    lengths = _row_lengths(model, rows)
    if not lengths:
        raise UserError(f"{rows[0]}: holds no rows to count")
    share = held(lengths, model["context_window"], settings["reserve"])
    return {
        "context_window": model["context_window"],
        "tokens": {**{column: summarised(found) for column, found in tokens.items()}, ROW: summarised(lengths)},
        "characters_per_token": round(characters / max(1, sum(tokens.get("context", [0]))), 3),
        "holds": round(share, 6),
        "what_if": {str(size): round(held(lengths, size, settings["reserve"]), 6) for size in settings["what_if"]},
        **verdict(share, model["context_window"], settings["share"]),
        "tokenizer_sha256": version,
    }, lengths


def census(models: Sequence[Json], rows: Sequence[Path], settings: Json, cache: Path | None = None) -> Json:
    """Return census.json. ``models``: [{"name", "path", "context_window", "prompts"}]; ``rows``: one file a split.

    ``settings``: share of rows that a window must hold, what_if windows, reserve tokens for an answer, text_columns.
    """
    rows = [path for path in rows if read_parquet(path).height]
    found: dict[str, Json] = {}
    lengths: dict[str, list[int]] = {}
    for model in models:
        found[model["name"]], lengths[model["name"]] = count_model(model, rows, settings, cache)
    edges = edges_of(length for of_model in lengths.values() for length in of_model)
    for name, document in found.items():
        document["histogram"] = histogram(lengths[name], edges)
    return {
        "rows": {path.stem: read_parquet(path).height for path in rows},
        "share": settings["share"],
        "reserve": settings["reserve"],
        "what_if": list(settings["what_if"]),
        "edges": [round(edge, 3) for edge in edges],
        "models": found,
    }


def excluded(document: Mapping[str, Json]) -> list[str]:
    """Return the candidates that the rule excludes, in the study's order."""
    return [name for name, one in document["models"].items() if one["excluded"]]
