"""Records say how a result came to be, and nothing that must not be published."""

import json
import os
import socket

import pytest

from kotune.core import records
from kotune.core.records import write_record


def test_a_record_holds_what_was_asked_with_what_on_what_at_what_cost(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("id\n1\n")
    write_record("record.json", "answers", {"seed": 42}, {"rows": "rows.csv"}, {"seconds": 1.5}, {"notes": ["x"]})
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["kind"] == "answers" and record["asked"] == {"seed": 42}
    assert (
        record["with"]["files"]["rows"]["path"] == "rows.csv" and len(record["with"]["files"]["rows"]["sha256"]) == 64
    )
    assert record["with"]["packages"]["transformers"] == "5.23.0"
    assert record["cost"]["seconds"] == 1.5 and record["cost"]["peak_memory_gib"] > 0
    assert record["on"]["device"] == "cpu" and record["found"] == {"notes": ["x"]}


def test_no_secret_host_or_user_enters_a_record(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.chdir(tmp_path)
    write_record("record.json", "scores", {}, {}, {})
    text = (tmp_path / "record.json").read_text()
    assert "hf_secret" not in text and str(tmp_path) not in text
    assert f'"{socket.gethostname()}"' not in text and os.environ.get("HOSTNAME", "no-such-host") not in text


@pytest.mark.parametrize(("said", "known"), [("a" * 40 + "\n", "a" * 40), ("main", None), (None, None)])
def test_a_copy_without_git_says_which_commit_it_is_of(tmp_path, said, known):
    if said is not None:
        (tmp_path / ".commit").write_text(said, encoding="utf-8")
    assert records.carried_commit(tmp_path) == known
