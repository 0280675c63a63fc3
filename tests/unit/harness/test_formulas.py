"""Numbers are lm-evaluation-harness's own, to the last digit."""

import random

import numpy as np
import pytest

from kotune.harness import formulas


def drawn(seed, items=397, options=4):
    draw = random.Random(seed)
    return [[draw.randrange(options) for _ in range(items)] for _ in range(2)]


@pytest.mark.parametrize("seed", range(4))
def test_accuracy_and_its_error_are_the_harnesss_to_the_digit(seed):
    theirs = pytest.importorskip("lm_eval.api.metrics")
    golds, said = drawn(seed, items=1404 + seed)
    right = [float(a == b) for a, b in zip(golds, said, strict=True)]
    assert formulas.mean(right) == theirs.mean(right)
    assert formulas.mean_stderr(right) == theirs.mean_stderr(right)


@pytest.mark.parametrize("seed", range(4))
def test_macro_f1_is_that_of_the_harnesss_own_task_to_the_digit(seed):
    theirs = pytest.importorskip("lm_eval.tasks.kobest.utils")
    golds, said = drawn(seed, options=2 + seed)
    assert formulas.macro_f1(golds, said) == theirs.macro_f1_score(list(zip(golds, said, strict=True)))


def test_macro_f1_counts_a_class_that_is_never_gold_as_scikit_learn_does():
    metrics = pytest.importorskip("sklearn.metrics")
    golds, said = [0, 0, 1], [0, 2, 2]
    assert formulas.macro_f1(golds, said) == metrics.f1_score(golds, said, average="macro")


def test_a_groups_number_and_error_are_the_harnesss_to_the_digit():
    theirs = pytest.importorskip("lm_eval.api.metrics")
    values, stderrs, sizes = [0.7963, 0.811, 0.478], [0.0108, 0.0124, 0.0224], [1404, 1000, 500]
    assert formulas.group_stderr(stderrs, sizes) == theirs.pooled_sample_stderr(stderrs, sizes)
    assert formulas.group_mean(values, sizes) == theirs.aggregate_subtask_metrics(values, sizes)


def test_one_item_has_no_error():
    assert formulas.mean_stderr([1.0]) is None


def test_the_parts_of_macro_f1_sum_to_hits_false_and_missed():
    parts = formulas.f1_parts([0, 1, 1], [0, 0, 1], 2).sum(axis=0).reshape(3, 2)
    assert np.array_equal(parts, [[1, 1], [1, 0], [0, 1]])
