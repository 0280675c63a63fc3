"""A killed training continues from the newest whole checkpoint that was made as it is asked now, and from no other."""

import io

import pytest

from kotune.core import console
from kotune.training import checkpoints


@pytest.fixture
def said(monkeypatch):
    """What the user is told, as one text."""
    monkeypatch.setattr(console, "_terminal", io.StringIO())
    return lambda: console._terminal.getvalue()


def checkpoint_at(folder, step, asked, files=("optimizer.pt",)):
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    for name in files:
        (path / name).write_bytes(b"x" * step)
    checkpoints.mark(path, asked, {"tokens": step})
    return path


def test_the_newest_whole_checkpoint_is_taken(tmp_path, said):
    asked = {"recipe": "1", "seed": "2"}
    checkpoint_at(tmp_path, 20, asked)
    checkpoint_at(tmp_path, 100, asked)
    (checkpoint_at(tmp_path, 120, asked) / "optimizer.pt").write_bytes(b"cut off")
    (checkpoint_at(tmp_path, 140, asked) / "kotune.json").unlink()
    path, state = checkpoints.newest(tmp_path, asked)
    assert (path.name, state) == ("checkpoint-100", {"tokens": 100})
    assert said().count("half-written, removed") == 2
    assert [step for step, _ in checkpoints.found(tmp_path)] == [100, 20]


def test_checkpoints_of_other_settings_are_set_aside(tmp_path, said):
    checkpoint_at(tmp_path, 20, {"recipe": "1", "seed": "2"})
    checkpoint_at(tmp_path, 40, {"recipe": "1", "seed": "2"})
    assert checkpoints.newest(tmp_path, {"recipe": "other", "seed": "2"}) is None
    assert "made under other settings (recipe)" in said()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["refused-checkpoint-20", "refused-checkpoint-40"]


def test_a_fingerprint_does_not_depend_on_the_order_of_the_keys():
    assert checkpoints.fingerprint({"a": 1, "b": 2}) == checkpoints.fingerprint({"b": 2, "a": 1})
    assert checkpoints.fingerprint({"a": 1}) != checkpoints.fingerprint({"a": 2})


def test_what_is_asked_in_addition_is_another_training(tmp_path, said):
    checkpoint_at(tmp_path, 20, {"seed": "2"})
    assert checkpoints.newest(tmp_path, {"seed": "2", "valid": "3"}) is None
    assert "made under other settings (valid)" in said()


def test_a_done_training_leaves_what_was_refused_for_the_user_to_judge(tmp_path, said):
    checkpoint_at(tmp_path, 20, {"seed": "1"})
    checkpoints.newest(tmp_path, {"seed": "2"})
    checkpoint_at(tmp_path, 40, {"seed": "2"})
    (tmp_path / "checkpoint-notes").mkdir()  # the user's own
    checkpoints.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-notes", "refused-checkpoint-20"]


def test_a_folder_without_checkpoints_starts_afresh(tmp_path):
    assert checkpoints.newest(tmp_path / "none", {}) is None
