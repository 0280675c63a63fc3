"""The shots before an item: what lm-eval drew, by id, and drawing by the item's own id."""

from random import Random

import pytest

from kotune.core.errors import UserError
from kotune.harness.shots import ByItem, Recording, showing_originals

samplers = pytest.importorskip("lm_eval.api.samplers")
POOL = [{"id": f"train-{n}", "sentence": f"문장 {n // 2}", "label": n % 2} for n in range(1, 13)]  # each twice, but two
DOCUMENTS = [{"sentence": row["sentence"], "label": 0} for row in POOL]  # pairs of them are equal


def test_what_was_drawn_is_known_by_id_although_rows_are_equal():
    recording = Recording(samplers.ContextSampler(DOCUMENTS), POOL).set_rnd(1234)
    recording.sample(5)
    assert recording.drawn == [row["id"] for row in Random(1234).sample(POOL, 5)]


def test_items_that_lm_eval_shows_their_original_are_found():
    items = [{"id": f"test-{n}", "sentence": "", "label": 0, "original": f"train-{n}"} for n in range(1, 13)]
    sampler = samplers.ContextSampler(DOCUMENTS, rnd=1)
    rng = Random(1)
    expected = [one["id"] for one in items if one["original"] in [row["id"] for row in rng.sample(POOL, 5)]]
    assert expected and showing_originals(sampler, POOL, items, 5) == expected
    assert showing_originals(sampler, POOL, items, 0) == []


def test_each_row_is_shown_about_equally_often():
    shots = ByItem(DOCUMENTS, POOL, "toy", 1234)
    counts = dict.fromkeys((row["id"] for row in POOL), 0)
    for number in range(1200):
        shots.item = {"id": f"test-{number}", "sentence": "다른 문장"}
        shots.sample(3)
        for row_id in shots.drawn:
            counts[row_id] += 1
    assert all(230 < count < 370 for count in counts.values())  # 300 expected; 4.7 standard deviations


def test_another_seed_or_task_draws_others():
    drawn = set()
    for task, seed in (("toy", 1234), ("toy", 1), ("other", 1234)):
        shots = ByItem(DOCUMENTS, POOL, task, seed)
        shots.item = {"id": "test-1", "sentence": "다른 문장"}
        shots.sample(6)
        drawn.add(tuple(shots.drawn))
    assert len(drawn) == 3


def test_shots_that_are_no_rows_of_a_split_are_refused():
    with pytest.raises(UserError, match="it can only be asked as published"):
        ByItem(DOCUMENTS[:3], POOL, "toy", 1234)
