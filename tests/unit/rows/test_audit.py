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


def test_decomposed_hangul_is_counted_with_what_it_costs():
    frame = rows(context=["\u1100\u1161", "가", "가\ua960"], answer=["라", None, "라"])
    notes = noted({"train": frame}, [PLAIN], TASK)
    assert [note for note in notes if "(NFD)" in note] == [
        "rows of train with decomposed Hangul (NFD): 2; it is kept, and scores compose it, but it costs tokens (times as "
        "many as composed, measured on KorQuAD 1.0's dev split: Llama 3 7.9, Gemma 3 3.2, Qwen3 1.0); save the rows in NFC "
        "to avoid it"
    ]
    assert not [note for note in noted({"train": rows(context=["ㄱㅏ 가"])}, [PLAIN], TASK) if "NFD" in note]


def test_gold_answers_are_counted_where_a_row_has_several():
    frame = rows(answer=["라", "마", None]).with_columns(golds=pl.Series([["라", "바"], ["마"], None]))
    facts = described(frame, TASK, reasoning=False)
    assert (facts["several_golds"], facts["golds"]) == (1, 3)
    assert noted({"test": frame}, [PLAIN], TASK)[0] == (
        "rows of test with several gold answers: 1, with 2 answers; the first of each is learned, and an answer is scored "
        "against the one that it is closest to"
    )


def test_a_list_that_was_written_as_text_is_noted_with_its_row():
    written = ["['가', '나']", '{"text": ["가"]}', "{'text': array(['가'], dtype=object)}", '["가"]']
    notes = noted({"train": rows(answer=["라", *written])}, [PLAIN], TASK)
    assert [note for note in notes if note.startswith("answers of train that look like a list") and ": 4, the" in note]
    plain = noted({"train": rows(answer=["[가]", "[1]", "{가}", "'가'"])}, [PLAIN], TASK)
    assert not [note for note in plain if "look like a list" in note]
