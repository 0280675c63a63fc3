"""The tool that measures retrieval: from a file in SQuAD's layout to numbers that fit the schema of what is kept."""

import json

import measure_retrieval
import pytest

from kotune.core.catalogue import check
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import sha256_of
from kotune.report.retrieval import lines

TEXTS = ["물가가 2.3% 올랐다고 한국은행이 밝혔다.", "환율은 달러당 1,300원이다.", "금리를 내렸다. 강은 길다."]
ASKED = [("물가는 몇 % 올랐나?", "2.3%"), ("달러당 환율은?", "1,300원"), ("무엇을 내렸나?", "금리")]


MODEL = ROOT / "resources/mini/models/tiny-qwen2"


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_retrieval, "EMBEDDER", {"name": "char-ngrams", "kind": "char_ngrams"})
    data = [
        {"paragraphs": [{"context": text, "qas": [{"question": asked, "answers": [{"text": gold}]}]}]}
        for text, (asked, gold) in zip(TEXTS, ASKED, strict=True)
    ]
    (tmp_path / "asked.json").write_text(json.dumps({"data": data}, ensure_ascii=False), encoding="utf-8")
    return tmp_path / "asked.json"


def test_a_file_becomes_a_document_that_can_be_kept(file):
    found = measure_retrieval.measured(file)
    check(found, "retrieval", "found")
    assert found["found"][0]["recall_5"]["mean"] == 1.0 and len(found["found"]) == 8
    assert found["segments"]["given_back"] == 1.0 and found["segments"]["in_segments"] >= found["segments"]["as_it_is"]


def test_tokens_of_a_model_are_tried_beside_what_is_kept(file):
    cut = measure_retrieval.tokens_of(MODEL)
    assert len(cut("물가가 올랐다")) > 1 and not any(token.startswith("<|") for token in cut("물가가 올랐다"))
    kept = measure_retrieval.measured(file, only=["words"])
    found = measure_retrieval.measured(file, [MODEL], only=["tiny-qwen2"])
    assert [one["title"] for one in found["found"]] == ["BM25, tokens of tiny-qwen2"]
    both = measure_retrieval.beside(kept, found)
    check(both, "retrieval", "both")
    assert {one["name"] for one in both["found"]} == {"words", "tiny-qwen2"}
    digest = sha256_of(MODEL / "tokenizer.json")
    assert both["tokenizers"] == {
        "tiny-qwen2": digest
    } and f"tiny-qwen2 are those of its tokenizer.json (sha256 {digest[:12]})" in lines(both)
    with pytest.raises(UserError, match="it was measured with .*measure all again"):
        measure_retrieval.beside({**kept, "sha256": "0" * 64}, found)


def test_a_folder_without_a_tokenizer_and_an_unknown_name_are_one_line(file, tmp_path):
    with pytest.raises(UserError, match="no tokenizer.json in it"):
        measure_retrieval.measured(file, [tmp_path])
    with pytest.raises(UserError, match="--only: unknown retriever 'bigram'; did you mean 'bigrams'"):
        measure_retrieval.measured(file, only=["bigram"])
