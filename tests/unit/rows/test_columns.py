"""Columns: the task's columns in a file, with several gold answers where a row has them."""

import json

import polars as pl
import pytest

from kotune.core.errors import UserError
from kotune.rows.prepare import prepare
from kotune.rows.readers import read_table
from kotune.scoring.answer_files import gold_answers, read_rows
from kotune.scoring.metrics.text import char_f1_of, exact_match_of

ROWS = [
    {"id": "1", "context": "가", "question": "q", "answer": ["5개", "다섯 개"]},
    {"id": "2", "context": "나", "question": "q", "answer": ["하나"]},
    {"id": "3", "context": "다", "question": "q", "answer": ["둘", "", "둘", "2"]},
]


def jsonl(folder, rows):
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return str(folder / "rows.jsonl")


def parquet(folder, rows):
    pl.DataFrame(rows).write_parquet(folder / "rows.parquet")
    return str(folder / "rows.parquet")


def renamed(rows, change):
    return [{**{key: row[key] for key in ("id", "context", "question")}, **change(row["answer"])} for row in rows]


SHAPES = {
    "a list": lambda golds: {"answer": golds},
    "the plural": lambda golds: {"answers": golds},
    "lists in an object": lambda golds: {"answers": {"text": golds, "answer_start": [0] * len(golds)}},
    "objects in a list": lambda golds: {"answers": [{"text": gold, "answer_start": 0} for gold in golds]},
}


@pytest.mark.parametrize("write", [jsonl, parquet])
@pytest.mark.parametrize("shape", SHAPES)
def test_several_gold_answers_reach_learning_scoring_and_the_audit(tmp_path, write, shape):
    path = write(tmp_path, renamed(ROWS, SHAPES[shape]))
    splits, audit = prepare({"dataset": "mine", "files": {"test": path}})
    frame = splits["test"]
    assert frame.columns == ["id", "context", "question", "answer", "article", "golds"]
    assert frame["answer"].to_list() == ["5개", "하나", "둘"]  # the first is learned
    assert frame["golds"].to_list() == [["5개", "다섯 개"], ["하나"], ["둘", "2"]]
    assert audit["splits"]["test"]["several_golds"] == 2 and audit["splits"]["test"]["golds"] == 5
    assert [note for note in audit["notes"] if note.startswith("rows of test with several gold answers: 2, with 4")]
    frame.write_parquet(tmp_path / "test.parquet")
    rows = read_rows([tmp_path / "test.parquet"])["test"]
    golds = gold_answers(rows[0], "test")
    assert golds == ["5개", "다섯 개"]
    assert (exact_match_of("다섯 개", golds), char_f1_of("다섯 개", golds)) == (1.0, 1.0)  # the closest counts


def test_one_gold_answer_a_row_leaves_the_files_as_they_were(tmp_path):
    path = jsonl(tmp_path, [{**row, "answer": row["answer"][:1]} for row in ROWS])
    splits, audit = prepare({"dataset": "mine", "files": {"train": path}})
    assert splits["train"].columns == ["id", "context", "question", "answer", "article"]
    assert "golds" not in audit["splits"]["train"] and audit["notes"] == []


def test_rows_that_differ_in_a_later_gold_answer_alone_are_no_duplicates(tmp_path):
    rows = [{**ROWS[0], "id": "a"}, {**ROWS[0], "id": "b", "answer": ["5개", "5"]}, {**ROWS[0], "id": "c"}]
    splits, audit = prepare({"dataset": "mine", "files": {"train": jsonl(tmp_path, rows)}})
    assert splits["train"]["id"].to_list() == ["a", "b"]
    assert audit["excluded"]["exact duplicate of an earlier row"]["ids"] == ["c"]


def test_a_row_without_any_gold_answer_is_left_out(tmp_path):
    rows = [*ROWS, {**ROWS[0], "id": "4", "answer": []}, {**ROWS[0], "id": "5", "answer": [" ", None]}]
    _, audit = prepare({"dataset": "mine", "files": {"train": jsonl(tmp_path, rows)}})
    assert audit["excluded"]["empty answer"]["ids"] == ["4", "5"]


def test_a_list_where_one_text_is_wanted_is_named_with_its_line(tmp_path):
    path = jsonl(tmp_path, [ROWS[0], {**ROWS[1], "context": ["나", "너"]}])
    with pytest.raises(UserError, match="rows.jsonl, line 2: 'context' holds lists; it must hold one text a row"):
        prepare({"dataset": "mine", "files": {"train": path}})


def test_nested_answers_without_texts_are_named_by_their_fields(tmp_path):
    path = parquet(tmp_path, renamed(ROWS, lambda golds: {"answers": [{"value": gold, "at": 0} for gold in golds]}))
    with pytest.raises(UserError, match="'answers' holds objects.* does: answers.value, answers.at"):
        prepare({"dataset": "mine", "files": {"train": path}})
    source = {"dataset": "mine", "columns": {"answer": "answers.value"}, "files": {"train": path}}
    assert prepare(source)[0]["train"]["answer"].to_list() == ["5개", "하나", "둘"]
    assert read_table(path).frame.height == 3


def test_a_competitions_rows_to_answer_have_no_gold_answers(tmp_path):
    path = jsonl(tmp_path, ROWS)
    (tmp_path / "train.jsonl").write_text(json.dumps({**ROWS[0], "id": "t", "context": "라"}), encoding="utf-8")
    splits, _ = prepare({"dataset": "mine", "files": {"train": str(tmp_path / "train.jsonl"), "submission": path}})
    assert "golds" not in splits["submission"].columns and splits["submission"]["answer"].null_count() == 3
    assert splits["train"]["golds"].to_list() == [["5개", "다섯 개"]]
