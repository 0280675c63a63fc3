"""Batches of a stand-in's pretraining, built ahead of time by worker processes. Reads the patterns (of news; of
conversations for the stand-in that chats) and a tokenizer.json.

The batch of a step is a function of the seed and the step alone, and the trainer takes the batches in order: the
number of workers changes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.mini import chat_documents, code_documents
from kotune.mini.chat_stock import load_stock
from kotune.mini.documents import Document, document, long_document, seen_phrases
from kotune.mini.patterns import Topic, load_topics
from kotune.mini.standins import ANSWER_WEIGHT, CHATS, CODE, StandIn
from kotune.mini.tokenizers import FAMILIES

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer


Writer = chat_documents.Writer | code_documents.Writer
WRITERS: dict[str, type[Writer]] = {CHATS: chat_documents.Writer, CODE: code_documents.Writer}
"""What writes the documents of a stage that no mixture describes, from the stock of conversations."""


def encode(tokenizer: Tokenizer, documents: Sequence[Document]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Token ids of each document and the weight of each token in the loss."""
    import numpy as np

    encoded = tokenizer.encode_batch([one.text for one in documents], add_special_tokens=False)
    for one, found in zip(documents, encoded, strict=True):
        ids = np.array(found.ids, dtype=np.uint16)
        starts = np.array([start for start, _ in found.offsets])
        weights = np.ones(len(ids), dtype=np.uint8)
        for start, end in one.answers:
            weights[(starts >= start) & (starts < end)] = ANSWER_WEIGHT
        yield ids, weights


def pack(
    items: Iterator[tuple[np.ndarray, np.ndarray]], rows: int, block: int, pad: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fill ``rows`` blocks with whole documents, first fit; what is left over is padding of weight 0.

    Ends when 24 documents in a row found no place; documents longer than a block find none and are dropped.
    """
    import numpy as np

    ids = np.full((rows, block), pad, dtype=np.uint16)
    weights = np.zeros((rows, block), dtype=np.uint8)
    free = np.full(rows, block)
    misses = 0
    for tokens, weight in items:
        fitting = np.flatnonzero(free >= len(tokens))
        if not len(fitting):
            misses += 1
            if misses == 24:
                break
            continue
        misses = 0
        row = fitting[0]
        start = block - free[row]
        ids[row, start : start + len(tokens)] = tokens
        weights[row, start : start + len(tokens)] = weight
        free[row] -= len(tokens)
    return ids, weights


# What a worker process holds, set once by _start_worker: sending it with each batch would cost more than the batch.
_worker: dict[str, Any] = {}


def worker_pool(workers: int, patterns: Path, tokenizer: Path, stand_in: StandIn) -> ProcessPoolExecutor:
    """Processes that build the batches of one stand-in; spawned, for a fork would copy the trainer's threads' locks."""
    return ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=_start_worker,
        initargs=(str(patterns), str(tokenizer), stand_in),
    )


def _start_worker(patterns: str, tokenizer: str, stand_in: StandIn) -> None:
    from tokenizers import Tokenizer

    topics = load_topics(Path(patterns))
    _worker.update(
        topics=topics, phrases=seen_phrases(topics), tokenizer=Tokenizer.from_file(tokenizer), stand_in=stand_in
    )
    if stand_in.stage in WRITERS:
        _worker["writer"] = WRITERS[stand_in.stage](load_stock())


def _documents(
    topics: tuple[Topic, ...], phrases: Sequence[str], stand_in: StandIn, seed: str
) -> Iterator[list[Document]]:
    rng = random.Random(seed)
    family = FAMILIES[stand_in.family]
    long = stand_in.reports if stand_in.stage == "reports" else None
    while True:
        if long and rng.random() < long.share:
            yield [long_document(topics, family, stand_in.mixture, long.lengths, rng) for _ in range(4)]
        else:
            yield [document(topics, phrases, family, stand_in.mixture, rng) for _ in range(32)]


def _written(writer: Writer, stand_in: StandIn, seed: str) -> Iterator[list[Document]]:
    rng = random.Random(seed)
    while True:
        yield [writer.document(FAMILIES[stand_in.family], rng) for _ in range(32)]


def build_batch(step: int) -> tuple[np.ndarray, np.ndarray]:
    """The batch of a step, built in a worker process: ids and weights, each rows x block."""
    stand_in: StandIn = _worker["stand_in"]
    tokenizer = _worker["tokenizer"]
    seed = f"{stand_in.seed}/{stand_in.stage}/{step}"
    if stand_in.stage in WRITERS:
        groups = _written(_worker["writer"], stand_in, seed)
    else:
        groups = _documents(_worker["topics"], _worker["phrases"], stand_in, seed)
    items = (item for group in groups for item in encode(tokenizer, group))
    pad = tokenizer.token_to_id(FAMILIES[stand_in.family].pad)
    return pack(items, stand_in.rows, stand_in.block, pad)


def batches(pool: ProcessPoolExecutor, steps: int, ahead: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The batches of all steps in order, ``ahead`` of them under way at a time."""
    waiting: list[Future] = [pool.submit(build_batch, step) for step in range(min(ahead, steps))]
    for step in range(steps):
        ready = waiting.pop(0).result()
        if step + ahead < steps:
            waiting.append(pool.submit(build_batch, step + ahead))
        yield ready
    for future in waiting:
        future.cancel()
