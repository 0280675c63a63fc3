"""Scoring a benchmark by kotune and by lm-eval: the same requests, one document, and a table that says what is apart."""

import json

import compare_harness
import pytest

from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.speed import harness

REQUESTS = [
    {"protocol": "published", "shots": shots, "task": "toy", "context": f"문장 {number}: 금리가 올랐다. 답변:",
     "continuations": [" 예", " 아니오", " 그것은 모른다"], "gold": 0}
    for number in range(6) for shots in (5, 0)
]  # fmt: skip
ASKED = {"card": "a card", "model": "llama-3.1-8b", "items": 4}
RUNS = [
    {"name": "kotune", "seconds": 2.0, "items": 4,
     "agreement": {"items": 4, "equal": 0.995, "ties": 0.02, "largest": 0.5, "mean": 0.0625}},
    {"name": "hf", "seconds": 5.0, "items": 4, "batch": 64},
    {"name": "vllm", "failed": "no module named vllm"},
]  # fmt: skip


def test_predictions_and_sums_are_held_against_each_other():
    ours, theirs = [[-1.0, -2.0], [-3.0, -2.5], [-1.0, -1.5]], [[-1.0, -2.25], [-2.0, -2.5], [-1.0, -1.0]]
    assert harness.agreement(ours, theirs) == pytest.approx(
        {"items": 3, "equal": 2 / 3, "ties": 1 / 3, "largest": 1.0, "mean": 1.75 / 6}
    )


def test_answers_are_put_together_by_request():
    asked = REQUESTS[:2]
    assert len(harness.pairs_of(asked)) == 6 and harness.pairs_of(asked)[4] == (asked[1]["context"], " 아니오")
    answers = [(-float(number), False) for number in range(6)]
    assert harness.grouped(asked, answers) == [[0.0, -1.0, -2.0], [-3.0, -4.0, -5.0]]


def test_the_table_shows_how_much_faster_and_what_failed():
    made = harness.document(ASKED, RUNS)
    rows = harness.table([made]).splitlines()[2:]
    assert rows[0] == "| a card | llama-3.1-8b | kotune | 2.0 | 2.50 × | 99.5% | 0.50 (0.062) | – |"
    assert "lm_eval, `--model hf`, batch auto 64 | 0.8 | 1.00 ×" in rows[1]
    assert "not measured: no module named vllm" in rows[2]


def test_a_made_up_tokenizer_begins_with_bos_and_has_no_token_for_an_option():
    special = ["<|begin_of_text|>", "<|end_of_text|>", "<|pad|>"]
    made = harness.tokenizer_of(REQUESTS, 300, special)
    assert made("금리가 올랐다.")["input_ids"][0] == made.bos_token_id == 0
    assert made.decode(made("금리가 올랐다.")["input_ids"][1:]) == "금리가 올랐다."
    assert len(made(" 아니오", add_special_tokens=False)["input_ids"]) > 1
    assert len(made) <= 300


def test_a_comparison_runs_on_a_stand_in(tmp_path):
    pytest.importorskip("lm_eval")
    path = tmp_path / "requests.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in REQUESTS), encoding="utf-8")
    asked = ["--requests", str(path), "--model", "tiny-llama3", "--batch", "4", "--every", "2", "--threads", "1"]
    compare_harness.main([*asked, "--output", str(tmp_path / "found.json")])
    found = read_json(tmp_path / "found.json")
    assert (found["items"], found["options"]) == (6, 18)
    assert [one["name"] for one in found["runs"]] == ["kotune", "hf", "hf-other", "hf-other"]
    assert [one["batch"] for one in found["runs"][2:]] == [8, 1]
    assert found["runs"][0]["agreement"]["equal"] == 1.0
    assert found["runs"][0]["agreement"]["largest"] < 1e-3
    assert found["runs"][2]["items"] == 3


def test_the_items_can_be_read_from_the_makers_own_files(tmp_path):
    pytest.importorskip("lm_eval")
    asked = ["--data", str(ROOT / "resources/mini/benchmark"), "--model", "plain-llama-chat", "--shots", "1"]
    asked += ["--most", "5", "--exact", "2", "--batch", "4", "--other-batch", "--threads", "1"]
    asked += ["--output", str(tmp_path / "found.json")]
    compare_harness.main(asked)
    found = read_json(tmp_path / "found.json")
    assert [one["name"] for one in found["runs"]] == ["kotune", "hf"]
    assert found["dtype"] == "float32" and found["runs"][0]["agreement"]["equal"] == 1.0
    assert all(one["from_float32"]["items"] >= 2 and one["from_float32"]["largest"] < 1e-3 for one in found["runs"])


def test_the_page_has_a_block_where_something_is_kept():
    text = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    assert ("<!-- measured: harness -->" in text) == bool(harness.kept_at(ROOT))
    assert text.index("## Scoring a benchmark") < text.index("<!-- measured: harness -->") < text.index("## Measure")
