"""Two programs that run one model are compared position by position; a difference is found where it is."""

import numpy as np
import pytest

from kotune.models.gguf.agreement import compared, first_difference, windows


def test_the_first_differing_id_is_found():
    assert first_difference([1, 2, 3], [1, 2, 3]) is None
    assert first_difference([1, 2, 3], [1, 5, 3]) == 1
    assert first_difference([1, 2], [1, 2, 3]) == 2


def test_a_text_is_read_in_windows_behind_its_first_token():
    found = list(windows(list(range(10, 20)), [2], 5, 9))
    assert found == [[2, 10, 11, 12, 13], [2, 14, 15, 16, 17], [2, 18]]
    assert sum(len(ids) - 1 for ids in found) == 9
    assert list(windows([7, 8, 9], [], 8, 100)) == [[7, 8, 9]]
    assert list(windows([7], [], 8, 100)) == []


TEXTS = [[2, 0, 1, 3, 1], [2, 3, 3]]


def parts(logits):
    """Cut the logits of each text into parts of two positions."""
    return (one[start : start + 2] for one in logits for start in range(0, len(one), 2))


def drawn(seed: int):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=(len(ids), 4)).astype(np.float32) for ids in TEXTS]


def test_equal_logits_agree_wholly_whatever_constant_is_added():
    logits = drawn(1)
    found = compared(parts(logits), parts([one + 3 for one in logits]), TEXTS)
    assert found["positions"] == 6 and found["argmax_equal"] == 1.0
    assert found["logprob_difference"]["max"] < 1e-5
    assert found["perplexity"]["transformers"] == pytest.approx(found["perplexity"]["llama.cpp"], rel=1e-5)


def test_differences_are_those_of_the_tokens_that_follow():
    one, other = drawn(1), drawn(2)
    found = compared(parts(one), parts(other), TEXTS)
    own, others = [], []
    for ids, left, right in zip(TEXTS, one, other, strict=True):
        for place, following in enumerate(ids[1:]):
            for logits, gathered in ((left[place], own), (right[place], others)):
                gathered.append(float(logits[following] - np.log(np.exp(logits.astype(float)).sum())))
    apart = np.abs(np.array(own) - others)
    assert found["logprob_difference"]["mean"] == pytest.approx(apart.mean(), rel=1e-5)
    assert found["logprob_difference"]["max"] == pytest.approx(apart.max(), rel=1e-5)
    assert found["perplexity"]["llama.cpp"] == pytest.approx(np.exp(-np.mean(others)), rel=1e-5)
    assert 0 < found["argmax_equal"] < 1
