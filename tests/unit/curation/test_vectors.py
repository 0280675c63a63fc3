"""Texts become vectors by a study's embedder; equal texts, composed or not, have one vector."""

import unicodedata

import numpy as np

from kotune.curation.vectors import vectors_of


def test_equal_texts_have_one_vector(tmp_path):
    texts = ["한글", unicodedata.normalize("NFD", "한글"), "다른 말"]
    found, said = vectors_of(texts, {"name": "char-ngrams", "kind": "char_ngrams"}, tmp_path)
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert said["name"] == "char-ngrams"
    again, _ = vectors_of(texts, {"name": "char-ngrams", "kind": "char_ngrams"}, tmp_path)
    assert np.array_equal(found, again)
