"""The tool that measures retrieval: from a file in SQuAD's layout to numbers that fit the schema of what is kept."""

import json

import measure_retrieval

from kotune.core.catalogue import check

TEXTS = ["물가가 2.3% 올랐다고 한국은행이 밝혔다.", "환율은 달러당 1,300원이다.", "금리를 내렸다. 강은 길다."]
ASKED = [("물가는 몇 % 올랐나?", "2.3%"), ("달러당 환율은?", "1,300원"), ("무엇을 내렸나?", "금리")]


def test_a_file_becomes_a_document_that_can_be_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_retrieval, "EMBEDDER", {"name": "char-ngrams", "kind": "char_ngrams"})
    data = [
        {"paragraphs": [{"context": text, "qas": [{"question": asked, "answers": [{"text": gold}]}]}]}
        for text, (asked, gold) in zip(TEXTS, ASKED, strict=True)
    ]
    (tmp_path / "asked.json").write_text(json.dumps({"data": data}, ensure_ascii=False), encoding="utf-8")
    found = measure_retrieval.measured(tmp_path / "asked.json")
    check(found, "retrieval", "found")
    assert found["found"][0]["recall_5"]["mean"] == 1.0 and len(found["found"]) == 8
    assert found["segments"]["given_back"] == 1.0 and found["segments"]["in_segments"] >= found["segments"]["as_it_is"]
