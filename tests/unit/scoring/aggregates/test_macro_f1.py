"""Macro-F1 as scikit-learn computes it, over the classes of the gold answers."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from kotune.core.errors import UserError
from kotune.scoring.aggregates.macro_f1 import macro_f1


def of(golds, said):
    lines = [[{"gold": gold, "said": one}] for gold, one in zip(golds, said, strict=True)]
    parts = macro_f1.parts_of(lines)
    return macro_f1.value(parts.sum(axis=0)[None], np.array([len(lines)]))[0]


def test_it_is_scikit_learns():
    dice = np.random.default_rng(0)
    for _ in range(20):
        golds, said = dice.choice(["a", "b", "c"], (2, 25))
        labels = sorted(set(golds))
        assert of(golds, said) == pytest.approx(f1_score(golds, said, labels=labels, average="macro", zero_division=0))


def test_what_is_no_class_is_a_miss_and_no_hit_of_another():
    assert of("aabb", "aab?") == pytest.approx((1 + 2 / 3) / 2)
    assert of("aabb", "????") == 0.0


def test_several_answers_to_a_row_count_as_one_row():
    lines = [[{"gold": "a", "said": "a"}, {"gold": "a", "said": "b"}], [{"gold": "b", "said": "b"}] * 2]
    parts = macro_f1.parts_of(lines)
    assert parts.shape == (2, 6)
    assert parts.sum(axis=0).tolist() == [0.5, 1.0, 0.0, 0.5, 0.5, 0.0]


def test_a_score_without_labels_is_named():
    with pytest.raises(UserError, match="class of the row '7' lacks one of them"):
        macro_f1.parts_of([[{"id": "7", "metric": "class", "value": 1.0, "gold": "a"}]])
