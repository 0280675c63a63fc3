"""A regressor learns labels from vectors; what it is worth is told by held-out rows, and bad labels are refused."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from kotune.core.errors import UserError
from kotune.curation import educational

IDS = [f"r{number}" for number in range(60)]
VALUES = {name: number % 6 for number, name in enumerate(IDS)}


def test_ratings_follow_labels_that_a_vector_tells():
    vectors = np.random.default_rng(1).normal(size=(60, 8))
    labels = 2.5 + vectors[:, 0]
    found, _ = educational.ratings(vectors, range(40), labels[:40])
    assert np.abs(np.array(found[40:]) - labels[40:]).max() < 0.1


@pytest.mark.parametrize(("rating", "expected"), [(-1.0, 0), (0.4, 0), (0.5, 1), (2.5, 3), (4.4, 4), (7.0, 5)])
def test_a_rating_counts_as_the_class_that_it_rounds_to(rating, expected):
    assert educational.class_of(rating) == expected


def test_held_out_rows_are_a_share_of_each_class_and_no_unit_is_on_both_sides():
    units = {name: f"u{number // 2}" for number, name in enumerate(IDS)}
    held = educational.held_out(VALUES, units, 0.2, 7)
    assert {units[name] for name in held}.isdisjoint(units[name] for name in IDS if name not in held)
    assert {VALUES[name] for name in held} == set(range(6))
    assert held == educational.held_out(dict(reversed(VALUES.items())), units, 0.2, 7)


def test_f1_by_both_names():
    labels, found = [0, 3, 4, 5], [1, 3, 2, 5]
    assert educational.binary_f1(labels, found, 3) == pytest.approx(0.8)
    assert educational.macro_f1(labels, found) == pytest.approx(2 / 6)
    some, others = ([int(one) for one in np.random.default_rng(seed).integers(0, 5, 40)] for seed in (1, 2))
    assert educational.macro_f1(some, others) == pytest.approx(f1_score(some, others, average="macro"))
    said = educational.validation(labels, found, list("abcd"), 3, 1)
    assert (said["rows"], said["positive"], said["classes"]) == (4, 3, 6)
    low, high = said["binary_f1"]["interval"]
    assert 0 <= low <= 0.8 <= high <= 1


def test_calibration_and_what_thresholds_remove():
    ratings = [1.2, 3.1, 2.9, 4.8]
    assert educational.removed(ratings) == {"2": 1, "3": 1, "4": 3}
    told = educational.calibration([1, 3, 4, 5], ratings)
    assert [(one["class"], one["rows"], one["label"], one["se"]) for one in told] == [
        (1, 1, 1.0, None), (3, 2, 3.5, 0.5), (5, 1, 5.0, None)]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"r1": "6"}, "labels: the label of 'r1' is '6'; it must be a number from 0 to 5"),
        ({"r1": -1}, "the label of 'r1' is -1"),
        ({"r1": "good"}, "the label of 'r1' is 'good'"),
        ({"r1": float("nan")}, "the label of 'r1' is nan"),
        ({"r1": "", "r2": None}, "there are no labels"),
        ({"x": 1, "y": 2}, "none of its 2 labels is of a row, the first is of 'x'"),
        ({"r1": 3, "r2": "3.2"}, "all 2 labels are of one class, 3"),
    ],
)
def test_labels_that_nothing_can_be_learned_from_are_refused(values, message):
    with pytest.raises(UserError, match=message):
        educational.checked_labels(values, IDS, "labels")


def test_labels_of_other_rows_are_left_aside():
    assert educational.checked_labels({"r1": "2", "x": 1, "r2": 4, "r3": " "}, IDS, "labels") == {"r1": 2.0, "r2": 4.0}


def test_too_few_labels_to_hold_any_out_are_refused():
    units = {name: name for name in IDS}
    with pytest.raises(UserError, match="0.1 of 2 labels leaves 0 to validate"):
        educational.held_out({"r1": 1, "r2": 4}, units, 0.1, 1)
    with pytest.raises(UserError, match="without those that validate all labels are of one class"):
        educational.held_out({"r1": 1, "r2": 4, "r3": 4}, units, 0.6, 1)
