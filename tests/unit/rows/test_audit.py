"""The audit: what was left out is counted by reason and split, and what a reader should know is noted."""

import polars as pl

from kotune.rows.audit import IDS_SHOWN, Exclusions, described, noted
from kotune.rows.task import task_named

TASK = task_named("context-qa")
PLAIN = {"encoding": "utf-8", "path": "a.csv"}


def rows(**columns):
    count = len(next(iter(columns.values())))
    frame = {"id": list(map(str, range(count))), "context": ["가나"] * count, "question": ["다"] * count}
    return pl.DataFrame({**frame, "answer": ["라"] * count, "article": ["a1"] * count, **columns})


def test_what_is_dropped_is_counted_by_reason_and_split():
    found = Exclusions()
    frame = rows(answer=["", "라", *[""] * 20])
    kept = found.drop(frame, "train", "empty answer", pl.col("answer") == "")
    assert kept["id"].to_list() == ["1"]
    found.drop(rows(answer=["", "라"]), "valid", "empty answer", pl.col("answer") == "")
    entry = found.found["empty answer"]
    assert (entry["rows"], entry["splits"], len(entry["ids"])) == (22, {"train": 21, "valid": 1}, IDS_SHOWN)
    found.drop(rows(answer=["", "라"]), None, "too long", pl.col("id") == "0")
    assert found.worst() == "; most were left out for: empty answer (22 rows)"
    assert Exclusions().worst() == ""


def test_nothing_is_noted_where_nothing_is_dropped():
    found = Exclusions()
    assert found.drop(rows(answer=["라"]), "train", "never", pl.lit(None).cast(pl.Boolean)).height == 1
    assert found.found == {}


def test_a_split_is_described_by_its_rows_units_and_lengths():
    facts = described(rows(answer=["라", None], article=["a1", "a2"]), TASK, reasoning=False)
    assert facts == {
        "rows": 2, "articles": 2, "answered": 1, "context_chars_mean": 2.0, "context_chars_max": 2,
        "question_chars_mean": 1.0, "question_chars_max": 1, "answer_chars_mean": 1.0, "answer_chars_max": 1,
    }  # fmt: skip


def test_splits_without_answers_or_with_several_are_noted():
    splits = {
        "train": rows(answer=["라", "마"]),
        "test": rows(answer=pl.Series([None], dtype=pl.String)),
        "valid": rows(answer=["라"], cot_answer=pl.Series([None], dtype=pl.String)),
    }
    assert noted(splits, [PLAIN, {"encoding": "cp949", "path": "b.csv"}], TASK) == [
        "b.csv is written in CP949",
        "questions of train with more than one answer: 1; each row is kept",
        "test holds no answers: it can be answered, not scored",
        "valid holds no reasoning: its answers can be scored, not why they were given",
    ]
