"""Correlations with people, over all pairs and inside each source."""

import pytest

from kotune.core.errors import UserError
from kotune.scoring.correlations import correlation, correlations, ngram_similarities


def test_a_correlation_by_hand():
    assert correlation([1, 2, 3, 4], [1, 2, 3, 5]) == {"n": 4, "pearson": 98.3, "spearman": 100.0}
    assert correlation([1, 1, 1], [1, 2, 3]) == {"n": 3, "pearson": None, "spearman": None}
    with pytest.raises(UserError, match="2 values and 2 judgements: a correlation needs three pairs"):
        correlation([1, 2], [1, 2])


def test_a_difference_between_sources_is_not_agreement_inside_them():
    found = correlations({"x": [0, 1, 0, 9, 8, 9]}, [0, 0, 1, 9, 9, 8], ["a", "a", "a", "b", "b", "b"])["x"]
    assert found["all"]["pearson"] > 90
    assert found["a"]["pearson"] < 0 and found["b"]["pearson"] < 0


def test_equal_sentences_have_equal_ngrams():
    same, other = ngram_similarities([("금리를 내렸다", "금리를 내렸다"), ("금리를 내렸다", "비가 온다")], 2)
    assert same == pytest.approx(1.0) and other < 0.5
