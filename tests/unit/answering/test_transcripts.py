"""Transcripts: what is written, never over another file, and the record beside it."""

import pytest

from kotune.answering.transcripts import fresh, record_of, save
from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl, sha256_of

ENTRIES = [{"number": 1, "asked": "안녕?", "replies": {"base": {"answer": "\x1b[2J네"}}}]


def written(path):
    weights = path.parent / "model.safetensors"
    weights.write_bytes(b"weights")
    return save(path, ENTRIES, {"seed": 42}, {"model.safetensors": weights}, {"tokens": 3}, ["a note"])


def test_a_transcript_has_a_record(tmp_path):
    path = written(tmp_path / "talk.jsonl")
    assert read_jsonl(path) == ENTRIES
    record = read_json(tmp_path / "talk.record.json")
    assert record["kind"] == "chat" and record["asked"] == {"seed": 42} and record["cost"]["tokens"] == 3
    assert record["with"]["files"]["chat"]["sha256"] == sha256_of(path)
    assert record["found"] == {"questions": 1, "notes": ["a note"]}


def test_a_name_without_an_ending_gets_one(tmp_path):
    path = written(tmp_path / "talk")
    assert path.name == "talk.jsonl" and record_of(path).is_file()


def test_nothing_is_written_over(tmp_path):
    written(tmp_path / "talk.jsonl")
    with pytest.raises(UserError, match="it is there already; name another file"):
        written(tmp_path / "talk")


def test_a_fresh_name_is_the_first_that_is_free(tmp_path):
    assert fresh(tmp_path).name == "1.jsonl"
    (tmp_path / "1.jsonl").touch()
    assert fresh(tmp_path).name == "2.jsonl"
