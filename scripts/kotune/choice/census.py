"""Token census: how many tokens a study's rows have for each candidate, and whose context window they fit.

Reads rows ({split}.parquet), each model's tokenizer.json and its rendered prompts ({split}.parquet); returns one
document. Rows are read in parts: memory holds one number per row, not its text.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.choice.token_counts import Counter, CountStore, text_key
from kotune.core.console import Progress
from kotune.core.errors import UserError, nearest
from kotune.core.names import REASONING
from kotune.core.storage import Json, explained
from kotune.prompts.tokenizers import summarised

if TYPE_CHECKING:
    import pyarrow.parquet

ROW = "row"
OPTIONAL = (REASONING,)  # columns that not every data set has
ROWS_AT_ONCE = 128
BINS_PER_DOUBLING = 6

Lengths = dict[str, array]  # part of a row → its tokens, a number a row that has the part


def _opened(path: Path) -> pyarrow.parquet.ParquetFile:
    import pyarrow
    import pyarrow.parquet

    with explained(path, "read"):
        path.open("rb").close()
    try:  # page by page: a file may be one row group of gigabytes
        return pyarrow.parquet.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
    except pyarrow.ArrowException as error:
        raise UserError(f"{path}: not a whole Parquet file ({error}); remove it and run again") from error


def _parts(path: Path, columns: Sequence[str]) -> Iterator[dict[str, list]]:
    """Yield some rows at a time as lists a column."""
    for batch in _opened(path).iter_batches(batch_size=ROWS_AT_ONCE, columns=list(columns)):
        yield batch.to_pydict()


def _columns(paths: Sequence[Path], wanted: Sequence[str]) -> list[str]:
    """Return the wanted columns that the rows have; a name that they lack is a UserError, unless it is optional."""
    there = {name for path in paths for name in _opened(path).schema_arrow.names}
    for name in wanted:
        if name not in there and name not in OPTIONAL:
            raise UserError(f"{paths[0]}: no column '{name}'{nearest(name, there)}")
    return [name for name in wanted if name in there]


def _rows_of(path: Path) -> tuple[int, str]:
    """Return the rows of a file and a hash of their ids."""
    rows, ids = 0, hashlib.sha256()
    for part in _parts(path, ["id"]):
        ids.update("".join(f"{name}\n" for name in part["id"]).encode())
        rows += len(part["id"])
    return rows, ids.hexdigest()


def _count_share(
    paths: Sequence[Path], columns: Sequence[str], folders: Sequence[str], cache: Path | None, share: int, shares: int
) -> tuple[dict[str, Lengths], dict[str, int]]:
    """Count one of several shares of the rows, every so many-th part; return tokens by tokenizer, and characters.

    The tokens' order is that of the share: what is made of them does not depend on it.
    """
    counters = {counter.sha256: counter for counter in (Counter(folder, CountStore(cache)) for folder in folders)}
    lengths = {tokenizer: {name: array("q") for name in columns} for tokenizer in counters}
    characters = dict.fromkeys(columns, 0)
    for path in paths:
        names = _opened(path).schema_arrow.names
        have = [name for name in columns if name in names]
        progress = Progress(f"counting the tokens of {path.stem}", _opened(path).metadata.num_rows)
        for number, part in enumerate(_parts(path, have)):
            if number % shares != share:
                continue
            texts = [(name, text) for name in have for text in part[name] if text is not None]
            keyed = [(text_key(text), text) for _, text in texts]
            for name, text in texts:
                characters[name] += len(text)
            for tokenizer, counter in counters.items():
                for (name, _), tokens in zip(texts, counter.counts(keyed), strict=True):
                    lengths[tokenizer][name].append(tokens)
            if share == 0:  # one share speaks for all
                progress.update((number + 1) * ROWS_AT_ONCE)
    return lengths, characters


def _count_all(
    paths: Sequence[Path], columns: Sequence[str], folders: Sequence[str], cache: Path | None, processes: int
) -> tuple[dict[str, Lengths], dict[str, int]]:
    """Count all rows, shared out among processes: Python sums words, and more threads do not help there."""
    if processes == 1:
        return _count_share(paths, columns, folders, cache, 0, 1)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        asked = [pool.submit(_count_share, paths, columns, folders, cache, one, processes) for one in range(processes)]
        (lengths, characters), *others = [one.result() for one in asked]
    for more, written in others:
        for tokenizer, parts in more.items():
            for name, tokens in parts.items():
                lengths[tokenizer][name].extend(tokens)
        characters = {name: characters[name] + written[name] for name in columns}
    return lengths, characters


def _read_prompts(path: Path, model: str, rows: tuple[int, str], lengths: tuple[array, array]) -> None:
    """Append the tokens of each rendered row's prompt and completion, of those left out as well."""
    if not path.is_file():
        raise UserError(f"{path}: {model} has no prompts of {path.stem}; make them with render_prompts")
    count, ids = 0, hashlib.sha256()
    for part in _parts(path, ["id", "prompt_tokens", "completion_tokens"]):
        ids.update("".join(f"{name}\n" for name in part["id"]).encode())
        lengths[0].extend(part["prompt_tokens"])
        lengths[1].extend(part["completion_tokens"])
        count += len(part["id"])
    if (count, ids.hexdigest()) != rows:
        raise UserError(f"{path}: {count} prompts of other rows than the {rows[0]} of {path.stem}; make them again")


def _edges(longest: int) -> list[float]:
    """Return log-spaced edges of bins from 1 to beyond ``longest``: 6 bins for each doubling, whatever the rows."""
    last = math.floor(math.log2(max(longest, 1)) * BINS_PER_DOUBLING) + 1
    return [round(2 ** (place / BINS_PER_DOUBLING), 3) for place in range(last + 1)]


def _summary(tokens: Sequence[int], edges: Sequence[float]) -> Json | None:
    """Return count, mean, median, p95, max and histogram; a text of no tokens stands in the first bin."""
    import numpy as np

    found = summarised(tokens)
    if found is None:
        return None
    held, _ = np.histogram(np.clip(np.asarray(tokens), 1, None), bins=np.asarray(edges))
    return {"values": len(tokens), **found, "histogram": held.tolist()}


def held_by(window: int, needs: Sequence[int]) -> Json:
    """Return how many rows a window holds, and which share of them that is."""
    rows = sum(need <= window for need in needs)
    return {"window": window, "rows": rows, "share": round(rows / len(needs), 6)}


def excluded_by(window: int, needs: Sequence[int], share: float) -> str | None:
    """Return why a window is too small, as a sentence, or None where it holds the share of the rows."""
    rows = sum(need <= window for need in needs)
    if rows / len(needs) >= share:
        return None
    held = rows * 1000 // len(needs) / 10  # rounded down: what falls short never reads as if it sufficed
    return f"window {window:,} holds {held:.1f} % of the rows; {100 * share:.10g} % are asked for"


def take_census(
    models: Sequence[Json], paths: Sequence[Path], settings: Json, cache: Path | None, processes: int = 1
) -> Json:
    """Return the census of some models over some rows, whatever the number of processes that count.

    ``models``: {"name", "path", "context_window", "prompts"}; ``settings``: {"share", "what_if", "reserve",
    "text_columns"}. A row fits a window with its prompt and whichever is longer, its completion or the ``reserve`` of
    new tokens that answering needs.
    """
    columns = _columns(paths, settings["text_columns"])
    folders: dict[str, str] = {}
    of_model: dict[str, str] = {}
    for model in models:  # models that share a tokenizer share its counts
        of_model[model["name"]] = Counter(model["path"], CountStore(None)).sha256
        folders.setdefault(of_model[model["name"]], model["path"])
    rows = {path.stem: _rows_of(path) for path in paths}
    rows = {split: found for split, found in rows.items() if found[0]}  # the data set lacks the others
    if not rows:
        raise UserError(f"{paths[0]}: no rows to count; give rows files that hold some")
    lengths, characters = _count_all(paths, columns, list(folders.values()), cache, processes)
    rendered = {}
    for model in models:
        prompts, completions = rendered[model["name"]] = array("q"), array("q")
        for split, of_split in rows.items():
            _read_prompts(Path(model["prompts"]) / f"{split}.parquet", model["name"], of_split, (prompts, completions))
    texts = {model["name"]: lengths[of_model[model["name"]]] for model in models}
    everything = [part for parts in texts.values() for part in parts.values()]
    wholes = {name: array("q", map(sum, zip(*both, strict=True))) for name, both in rendered.items()}
    edges = _edges(max((max(part) for part in [*everything, *wholes.values()] if part), default=1))
    return {
        "rows": {split: count for split, (count, _) in rows.items()},
        "total": sum(count for count, _ in rows.values()),
        "settings": settings,
        "columns": columns,
        "edges": edges,
        "models": [
            _of_model(
                model,
                {**texts[model["name"]], ROW: wholes[model["name"]]},
                [
                    read + max(written, settings["reserve"])
                    for read, written in zip(*rendered[model["name"]], strict=True)
                ],
                characters,
                settings,
                edges,
            )
            | {"tokenizer_sha256": of_model[model["name"]]}
            for model in models
        ],
    }


def _of_model(
    model: Json,
    lengths: Lengths,
    needs: Sequence[int],
    characters: Mapping[str, int],
    settings: Json,
    edges: Sequence[float],
) -> Json:
    """Return one model's entry. ``needs``: the window that each row takes."""
    main = next(iter(characters))  # the first of the columns, which is the task's own first
    tokens = sum(lengths[main])
    reason = excluded_by(model["context_window"], needs, settings["share"])
    return {
        "name": model["name"],
        "context_window": model["context_window"],
        "tokens": {name: _summary(part, edges) for name, part in lengths.items()},
        "characters_of": main,
        "characters_per_token": round(characters[main] / tokens, 3) if tokens else None,
        "own": held_by(model["context_window"], needs),
        "what_if": [held_by(window, needs) for window in settings["what_if"]],
        "excluded": reason is not None,
        "reason": reason,
    }
