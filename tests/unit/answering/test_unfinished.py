"""Answers on disk while they are made: whole batches are kept, what was cut off is made again."""

import io
import json

import pytest

from kotune.answering.unfinished import Part
from kotune.core import console

FIRST = [{"id": "a", "answer": "금리"}, {"id": "b", "answer": "줄\n바꿈\u2028"}]
SECOND = [{"id": "c", "answer": ""}]


@pytest.fixture
def said(monkeypatch):
    monkeypatch.setattr(console, "_terminal", io.StringIO())
    return lambda: console._terminal.getvalue()


def opened(path, asked="settings"):
    part = Part(path, asked)
    part.open()
    return part


@pytest.fixture
def killed(tmp_path):
    """The file of a run that was killed after two batches."""
    path = tmp_path / "deep/answers.jsonl.part"
    part = opened(path)
    part.add(FIRST, 1.5)
    part.add(SECOND, 0.25)
    part.file.close()
    return path


def test_whole_batches_are_taken_up_with_their_cost(killed):
    again = opened(killed)
    assert again.batches == [FIRST, SECOND] and again.seconds == 1.75
    again.add([{"id": "d"}], 1.0)
    again.file.close()
    assert opened(killed).batches[2] == [{"id": "d"}]


@pytest.mark.parametrize("lost", [1, 5, 20])
def test_a_batch_that_was_cut_off_is_made_again(killed, lost):
    whole = killed.read_bytes()
    killed.write_bytes(whole[:-lost])
    again = opened(killed)
    assert again.batches == [FIRST] and again.seconds == 1.5
    again.add(SECOND, 0.25)
    again.file.close()
    assert killed.read_bytes() == whole


def test_answers_without_their_cost_are_no_whole_batch(killed):
    lines = killed.read_bytes().splitlines(keepends=True)
    killed.write_bytes(b"".join(lines[:-1]))
    assert "seconds" not in json.loads(lines[-2])
    assert opened(killed).batches == [FIRST]


def test_answers_of_other_settings_are_set_aside_and_said(killed, said):
    before = killed.read_bytes()
    again = opened(killed, "other settings")
    assert again.batches == [] and again.seconds == 0
    refused = killed.with_name("refused-answers.jsonl.part")
    assert refused.read_bytes() == before
    assert "made under other settings, set aside as refused-answers.jsonl.part" in said()


def test_an_empty_file_is_begun_anew(killed, said):
    killed.write_bytes(b"")
    again = opened(killed)
    again.add(FIRST, 1.0)
    again.file.close()
    assert opened(killed).batches == [FIRST] and said() == ""


def test_nothing_is_left_when_all_is_answered(killed):
    again = opened(killed)
    again.done()
    assert not killed.exists()
