"""A training's curve, line by line: what a user sees of it, and what stops it."""

import math
from types import SimpleNamespace

import pytest

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl
from kotune.training.curves import curve_callback
from kotune.training.watching import Asked, Watcher

LOGGED = {"loss": 1.25, "grad_norm": 0.5, "learning_rate": 2e-3}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return a function that makes a callback in a folder; ``said`` and ``mirrored`` are on it."""
    said: list[str] = []
    monkeypatch.setattr(console, "say", said.append)

    def make(watch=None, sampler=None):
        counts = SimpleNamespace(curve=[], tokens=640, target_tokens=64, state=lambda: {"tokens": 640})
        mirrored: list[dict] = []
        run = SimpleNamespace(log=mirrored.append)
        callback = curve_callback("x", tmp_path, counts, {"seed": "1"}, run, Watcher(watch or Asked()), sampler)
        callback.said, callback.mirrored, callback.folder = said, mirrored, tmp_path
        callback.on_train_begin(None, state(0), None)
        return callback

    return make


def state(step, max_steps=100, eval_steps=10):
    return SimpleNamespace(global_step=step, epoch=step / 10, max_steps=max_steps, eval_steps=eval_steps)


def control():
    return SimpleNamespace(should_log=False, should_evaluate=False, should_training_stop=False)


def test_a_line_has_the_loss_and_what_was_seen_by_then(made):
    callback = made()
    callback.on_log(None, state(5), None, LOGGED)
    callback.on_log(None, state(10), None, {"eval_loss": 1.5, "eval_runtime": 3.0})
    callback.on_log(None, state(10), None, {"train_runtime": 9.0})  # the summary at the end
    lines = read_jsonl(callback.folder / "curve.jsonl")
    assert lines == [
        {"step": 5, "epoch": 0.5, **LOGGED, "tokens": 640, "target_tokens": 64},
        {"step": 10, "epoch": 1.0, "eval_loss": 1.5},
    ]
    assert callback.mirrored == lines, "what is mirrored elsewhere is what is on disk"


def test_a_gradient_that_overflowed_is_no_number_and_stops_nothing(made):
    callback = made()
    callback.on_log(None, state(5), None, {**LOGGED, "grad_norm": math.inf})
    assert read_jsonl(callback.folder / "curve.jsonl")[0]["grad_norm"] is None


@pytest.mark.parametrize("logs", [{**LOGGED, "loss": math.nan}, {"eval_loss": math.inf}])
def test_a_loss_that_is_not_a_number_stops_the_training(made, logs):
    callback = made()
    with pytest.raises(UserError, match="train x: (eval_)?loss is not a number at step 5; lower trainer.learning_rate"):
        callback.on_log(None, state(5), None, logs)
    assert not (callback.folder / "curve.jsonl").exists()


def test_a_training_shorter_than_its_logging_steps_has_a_loss_to_show(made):
    callback, asked = made(), control()
    callback.on_step_end(None, state(2, max_steps=3), asked)
    assert not asked.should_log
    callback.on_step_end(None, state(3, max_steps=3), asked)
    assert asked.should_log


def test_an_early_stop_is_said_with_its_best_step(made):
    callback, asked = made(Asked(patience=1)), control()
    callback.on_evaluate(None, state(10), asked, {"eval_loss": 1.0}, None)
    assert not asked.should_training_stop
    callback.on_evaluate(None, state(20), asked, {"eval_loss": 2.0}, None)
    assert asked.should_training_stop
    assert callback.said == ["train x: stops early at step 20, best step 10"]


def test_samples_stand_in_the_curve(made):
    answers = [{"id": "a", "answer": "금리", "gold": "금리"}]
    callback = made(sampler=SimpleNamespace(answer=lambda model: answers))
    callback.on_evaluate(None, state(10), control(), {"eval_loss": 1.0}, None)
    assert read_jsonl(callback.folder / "curve.jsonl") == [{"step": 10, "samples": answers}]


def test_a_checkpoint_is_marked_with_what_a_resumed_training_needs(made):
    callback = made(Asked(patience=3))
    callback.on_evaluate(None, state(10), control(), {"eval_loss": 1.0}, None)
    (callback.folder / "checkpoint-10").mkdir()
    callback.on_save(None, state(10), None)
    mark = read_json(callback.folder / "checkpoint-10/kotune.json")
    assert mark["asked"] == {"seed": "1"} and mark["state"]["tokens"] == 640
    assert mark["state"]["watch"]["best_step"] == 10
