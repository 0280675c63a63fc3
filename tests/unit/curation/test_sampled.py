"""Rows of samples: what passes is learned once, nothing that is evaluated is, and what is left out is counted."""

import json

import polars
import pytest
import sample_rows

from kotune.core.errors import UserError
from kotune.core.storage import read_json
from kotune.curation.sampled import references_among, rows_of_samples

ROWS = {"test": [{"id": "a", "answer": "금리", "article": "a1"}, {"id": "b", "answer": "물가", "article": "a2"}]}


def answered(*texts):
    """Answers of the first row, by number, and one of the second."""
    first = {("test", "a", number): {"answer": text} for number, text in enumerate(texts)}
    return {**first, ("test", "b", 0): {"answer": "물가가"}}


def test_each_different_answer_that_passes_is_a_row():
    answers = answered("금리", "금리", "이자", " ")
    scores = {key: 1.0 if line["answer"] != "이자" else 0.0 for key, line in answers.items()}
    kept, left_out = rows_of_samples(ROWS, answers, scores, "answer", 1.0)
    assert kept == [{"id": "a-0", "answer": "금리", "article": "a1"}, {"id": "b", "answer": "물가가", "article": "a2"}]
    assert left_out == {"the same answer again": 1, "score too low": 1, "empty answer": 1}


def test_a_sample_of_a_row_with_several_gold_answers_is_its_only_one():
    rows = {"test": [{"id": "a", "answer": "금리", "article": "a1", "golds": ["금리", "기준금리"]}]}
    kept, _ = rows_of_samples(rows, {("test", "a", 0): {"answer": "기준금리"}}, {("test", "a", 0): 1.0}, "answer", 1.0)
    assert kept == [{"id": "a", "answer": "기준금리", "article": "a1", "golds": None}]


def test_without_a_limit_every_answer_is_kept():
    kept, left_out = rows_of_samples(ROWS, answered("금리", "이자"), {}, "answer", None)
    assert [row["answer"] for row in kept] == ["금리", "이자", "물가가"] and left_out == {}


def test_a_row_that_was_not_asked_is_no_sample():
    answers = {**answered("금리"), ("test", "b", 0): {"answer": "", "finish_reason": "excluded"}}
    kept, left_out = rows_of_samples(ROWS, answers, dict.fromkeys(answers, 0.0), "answer", 0.0)
    assert [row["id"] for row in kept] == ["a"] and left_out == {"not asked": 1}


def test_nothing_that_is_evaluated_is_learned():
    kept, left_out = rows_of_samples(ROWS, answered("금리"), {}, "answer", None, held={"a1"})
    assert [row["id"] for row in kept] == ["b"] and left_out == {"also in an evaluation split": 1}
    with pytest.raises(UserError, match="no sample is left to learn from .2 also in an evaluation split.; ask for"):
        rows_of_samples(ROWS, answered("금리"), {}, "answer", None, held={"a1", "a2"})


def test_the_script_writes_train_and_empty_splits(tmp_path):
    for name, rows in (("test", ROWS["test"]), ("valid", [{"id": "v", "answer": "금리", "article": "a2"}])):
        polars.DataFrame(rows).write_parquet(tmp_path / f"{name}.parquet")
    lines = [{"id": name, "split": "test", "answer": text} for name, text in (("a", "이자"), ("b", "물가"))]
    scores = [{"id": line["id"], "split": "test", "metric": "exact_match", "value": 1.0} for line in lines]
    for name, content in (("answers", lines), ("scores", scores)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in content))
    sample_rows.main(
        [
            *("--rows", str(tmp_path / "test.parquet"), "--held", str(tmp_path / "valid.parquet")),
            *("--answers", str(tmp_path / "answers.jsonl"), "--scores", str(tmp_path / "scores.jsonl")),
            *("--settings", '{"gold": "answer", "metric": "exact_match", "at_least": 1.0}'),
            *("--output-dir", str(tmp_path / "kept")),
        ]
    )
    train = polars.read_parquet(tmp_path / "kept/train.parquet")
    assert train.to_dicts() == [{"id": "a", "answer": "이자", "article": "a1"}]
    assert polars.read_parquet(tmp_path / "kept/test.parquet").is_empty()
    assert read_json(tmp_path / "kept/audit.json") == {
        "answers": 2, "rows": 2, "kept": 1, "excluded": {"also in an evaluation split": 1},
        "reference": {"rows": 2, "among": 1},
    }  # fmt: skip


def test_whether_the_reference_answer_is_among_the_samples_is_counted_by_rows():
    rows = {
        "test": [*ROWS["test"], {"id": "c", "answer": "고용", "golds": ["고용", "취업"]}, {"id": "d", "answer": None}]
    }
    answers = {**answered(" 금리\n", "금리"), ("test", "c", 0): {"answer": "취업"}, ("test", "d", 0): {"answer": "x"}}
    assert references_among(rows, answers, "answer") == {"rows": 3, "among": 2}
    unasked = {("test", "a", 0): {"answer": "", "finish_reason": "excluded"}}
    assert references_among(ROWS, unasked, "answer") == {"rows": 0, "among": 0}
