"""What a training has done so far survives a checkpoint, and goes on from there."""

import json

import pytest

from kotune.training.counts import Counts
from kotune.training.row_order import Drawn


def test_a_resumed_training_goes_on_counting_where_it_was():
    counts = Counts(tokens=640, target_tokens=64, seconds_before=10.0)
    counts.curve = [{"step": 5, "loss": 1.5, "tokens": 640}, {"step": 5, "eval_loss": 1.25}]
    counts.drawn = Drawn(epoch=1, state="c3RhdGU=")
    kept = json.loads(json.dumps(counts.state()))
    again = Counts()
    again.restore(kept)
    assert (again.tokens, again.target_tokens, again.curve) == (640, 64, counts.curve)
    assert list(again.curve[0]) == ["step", "loss", "tokens"], "the order of keys is that of the file"
    assert (again.drawn.epoch, again.drawn.state, again.drawn.kept) == (1, "c3RhdGU=", True)
    assert again.seconds() >= 10.0


def test_the_final_loss_is_the_last_that_was_logged_and_no_evaluation_s():
    assert Counts().final_loss() is None
    assert Counts(curve=[{"loss": 2.0}, {"loss": 1.0}, {"eval_loss": 0.5}]).final_loss() == 1.0


def test_cost_is_tokens_by_the_seconds_of_all_runs():
    cost = Counts(tokens=1000, seconds_before=100.0).cost()
    assert cost["tokens_per_second"] == pytest.approx(10.0, rel=0.01)
