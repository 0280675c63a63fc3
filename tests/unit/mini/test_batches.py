"""Batches depend on seed and step alone; answers weigh more, and padding weighs nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kotune.core.names import ROOT
from kotune.mini import batches, tokenizers
from kotune.mini.documents import Document
from kotune.mini.patterns import load_topics
from kotune.mini.standins import ANSWER_WEIGHT, STAND_INS

PATTERNS = ROOT / "resources" / "mini" / "econ-news" / "patterns"
TOPICS = load_topics(PATTERNS)


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    family = tokenizers.FAMILIES["gemma2"]
    tokenizers.save(tokenizers.for_family(tokenizers.train_merges(TOPICS, 3, 300), family), family, folder, 1024)
    return folder / "tokenizer.json"


def test_a_batch_depends_on_seed_and_step_alone(tokenizer_file: Path) -> None:
    small = replace(STAND_INS["tiny-gemma2"], rows=4)
    batches._start_worker(str(PATTERNS), str(tokenizer_file), small)
    ids, weights = batches.build_batch(7)
    again, _ = batches.build_batch(7)
    other, _ = batches.build_batch(8)
    assert ids.shape == weights.shape == (4, small.block)
    assert np.array_equal(ids, again)
    assert not np.array_equal(ids, other)
    assert set(np.unique(weights)) == {0, 1, ANSWER_WEIGHT}
    assert (weights > 0).mean() > 0.8, "too much padding"


def test_padding_is_never_learnt(tokenizer_file: Path) -> None:
    small = replace(STAND_INS["tiny-gemma2"], rows=4)
    batches._start_worker(str(PATTERNS), str(tokenizer_file), small)
    ids, weights = batches.build_batch(1)
    pad = batches._worker["tokenizer"].token_to_id("<pad>")
    assert ((ids == pad) == (weights == 0)).all()


def test_answers_weigh_more_than_what_is_read(tokenizer_file: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer, text = Tokenizer.from_file(str(tokenizer_file)), "질문: 금리는\n답: 3%\n"
    start = text.index("3%")
    ((ids, weights),) = batches.encode(tokenizer, [Document(text, ((start, len(text)),))])
    assert tokenizer.decode(ids[weights == ANSWER_WEIGHT].tolist()).strip() == "3%"
    assert set(weights.tolist()) == {1, ANSWER_WEIGHT}


def of_lengths(*lengths: int):
    return (
        (np.full(length, number + 1, dtype=np.uint16), np.ones(length, dtype=np.uint8))
        for number, length in enumerate(lengths)
    )


def test_documents_are_never_cut_and_the_first_that_fits_is_taken() -> None:
    ids, weights = batches.pack(of_lengths(5, 4, 9, 3, 1), rows=2, block=8, pad=0)
    assert ids.tolist() == [[1, 1, 1, 1, 1, 4, 4, 4], [2, 2, 2, 2, 5, 0, 0, 0]], "9 is longer than a block"
    assert (weights == (ids > 0)).all()


def test_packing_ends_when_nothing_fits_any_more() -> None:
    endless = ((np.ones(5, dtype=np.uint16), np.ones(5, dtype=np.uint8)) for _ in iter(int, 1))
    ids, _ = batches.pack(endless, rows=3, block=8, pad=0)
    assert (ids > 0).sum() == 15
