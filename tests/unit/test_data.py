"""Rows: what is left out is counted, articles stay together, nothing that is evaluated is trained on."""

import csv
import hashlib
import json
import random
import time

import polars as pl
import prepare_rows
import pytest

from kotune.data import article_of, prepare
from kotune.errors import UserError

HEADER = ("id", "context", "question", "answer")


def csv_file(folder, name: str, rows, header=HEADER, encoding="utf-8") -> str:
    with open(folder / name, "w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return str(folder / name)


def source_of(folder, **splits) -> dict:
    names = {"unseen": "test-unseen"}
    files = {
        names.get(split, split): rows if isinstance(rows, str) else csv_file(folder, f"{split}.csv", rows)
        for split, rows in splits.items()
    }
    return {"dataset": "mine", "columns": {name: name for name in HEADER}, "files": files}


def rows_of(prefix: str, count: int, context: str = "기사") -> list[tuple]:
    return [(f"{prefix}{number}", f"{context} {prefix}{number}", "물음", "답") for number in range(count)]


def test_rows_keep_their_text_and_get_their_article(tmp_path):
    context = ' \n"인용", 줄바꿈 '
    train = [("a", context, "물음", "NA"), ("b", context, "물음", "None"), ("c", "다른 기사", "물음?", "007")]
    splits, audit = prepare(source_of(tmp_path, train=train, test=rows_of("t", 2)))
    assert splits["train"].columns == ["id", "context", "question", "answer", "article"]
    assert splits["train"].rows() == [
        ("a", context, "물음", "NA", article_of(context)),
        ("b", context, "물음", "None", article_of(context)),
        ("c", "다른 기사", "물음?", "007", article_of("다른 기사")),
    ]
    assert article_of("가") == "a" + hashlib.sha256("가".encode()).hexdigest()[:12]
    assert audit["splits"]["train"]["rows"] == 3
    assert audit["splits"]["train"]["articles"] == 2
    assert audit["excluded"] == {}
    assert audit["notes"] == ["questions of train with more than one answer: 1; each row is kept"]


def test_columns_under_other_names_are_found(tmp_path):
    path = csv_file(tmp_path, "theirs.csv", [("1", "가", "나", "다", "x")], ("번호", "본문", "질문", "정답", "기타"))
    source = source_of(tmp_path, train=path)
    source["columns"] = {"id": "번호", "context": "본문", "question": "질문", "answer": "정답"}
    assert prepare(source)[0]["train"].row(0)[:4] == ("1", "가", "나", "다")


def test_each_reason_to_leave_a_row_out_is_audited(tmp_path):
    train = [
        ("ok", "가", "나", "다"),
        ("no-answer", "가", "나", ""),
        ("blank-answer", "가", "나", " \n"),
        ("no-question", "가", "", "다"),
        ("no-context", "", "나", "다"),
        ("again", "가", "나", "다"),
        ("other-answer", "가", "나", "라"),
        ("long", "가" * 11, "나", "다"),
        ("just-fits", "가" * 10, "나", "다"),
        ("leaked", "시험 기사", "다른 물음", "다"),
    ]
    test = [("t1", "시험 기사", "물음", "답"), ("t2", "가" * 50, "물음", "답")]
    source = source_of(tmp_path, train=train, test=test)
    splits, audit = prepare({**source, "max_context_chars": 10})
    assert splits["train"]["id"].to_list() == ["ok", "other-answer", "just-fits"]
    assert splits["test"]["id"].to_list() == ["t1", "t2"], "what is evaluated stays whole"
    assert {reason: (entry["rows"], entry["ids"]) for reason, entry in audit["excluded"].items()} == {
        "empty context": (1, ["no-context"]),
        "empty question": (1, ["no-question"]),
        "empty answer": (2, ["no-answer", "blank-answer"]),
        "exact duplicate of an earlier row": (1, ["again"]),
        "context over 10 characters": (1, ["long"]),
        "article also in an evaluation split": (1, ["leaked"]),
    }
    assert audit["excluded"]["empty answer"]["splits"] == {"train": 2}


def test_at_most_ten_ids_are_listed(tmp_path):
    train = [*rows_of("ok", 1), *((f"e{number}", "가", "나", "") for number in range(25))]
    entry = prepare(source_of(tmp_path, train=train))[1]["excluded"]["empty answer"]
    assert (entry["rows"], entry["ids"]) == (25, [f"e{number}" for number in range(10)])


def test_test_rows_without_answers_are_kept_and_noted(tmp_path):
    path = csv_file(tmp_path, "open.csv", [("t1", "가", "나"), ("t2", "다", "라")], HEADER[:3])
    splits, audit = prepare(source_of(tmp_path, train=rows_of("a", 2), test=path))
    assert splits["test"]["answer"].to_list() == [None, None]
    assert splits["test"].schema["answer"] == pl.String
    assert audit["splits"]["test"]["answered"] == 0
    assert audit["splits"]["test"]["answer_chars_mean"] is None
    assert "test holds no answers: it can be answered, not scored" in audit["notes"]


def test_articles_that_two_evaluation_splits_share_are_noted(tmp_path):
    shared = [("v", "같은 기사", "물음", "답")]
    source = source_of(tmp_path, train=rows_of("a", 1), valid=shared, unseen=[("u", "같은 기사", "물음", "답")])
    assert "articles that stand in both valid and test-unseen: 1; both splits keep them" in prepare(source)[1]["notes"]


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({"train": [("1", "가", "나", "다"), ("1", "라", "나", "다")]}, r"'1' in train.csv row 1, train.csv row 2"),
        ({"train": rows_of("x", 1), "test": rows_of("x", 1)}, r"'x0' in train.csv row 1, test.csv row 1"),
        ({"train": [("1", "가", "나", "다"), (" ", "라", "나", "다")]}, r"train.csv, row 2: the id is empty"),
        (
            {"train": [("1", "가", "나", "")]},
            r"train.csv: no rows left for train; most were left out for: empty answer",
        ),
        ({"trian": rows_of("x", 1)}, "unknown split 'trian'; did you mean 'train'"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(tmp_path, splits, message):
    with pytest.raises(UserError, match=message):
        prepare(source_of(tmp_path, **splits))


def test_a_missing_column_is_answered_with_the_nearest(tmp_path):
    path = csv_file(tmp_path, "r.csv", [("1", "가", "나", "다")], ("id", "contexts", "question", "answer"))
    with pytest.raises(UserError, match="r.csv: no column 'context' for context; did you mean 'contexts'"):
        prepare(source_of(tmp_path, train=path))
    path = csv_file(tmp_path, "r.csv", [("1", "가", "나")], HEADER[:3])
    with pytest.raises(UserError, match="no column 'answer' for answer .training and validation rows need answers"):
        prepare(source_of(tmp_path, valid=path))


def own(path: str, **split) -> dict:
    return {"dataset": "own", "path": path, "split": {"valid": 0.2, "test": 0.2, "seed": 42, **split}}


def test_one_file_is_split_by_article_and_the_same_every_time(tmp_path):
    rows = [(f"{a}-{q}", f"기사 {a}", f"물음 {q}", "답") for q in range(3) for a in range(40)]
    path = csv_file(tmp_path, "own.csv", rows)
    splits, audit = prepare(own(path))
    articles = {split: set(frame["article"]) for split, frame in splits.items()}
    assert {split: frame.height for split, frame in splits.items()} == {"train": 72, "valid": 24, "test": 24}
    assert not (articles["train"] & articles["valid"] or articles["train"] & articles["test"])
    assert not articles["valid"] & articles["test"]
    kept = set(splits["train"]["id"])
    assert splits["train"]["id"].to_list() == [row[0] for row in rows if row[0] in kept], "the file's order"
    again, _ = prepare(own(path))
    assert all(again[split].equals(frame) for split, frame in splits.items())
    assert not prepare(own(path, seed=43))[0]["test"].equals(splits["test"])
    assert audit["files"][0]["split"] is None


def test_shares_that_leave_nothing_are_refused(tmp_path):
    path = csv_file(tmp_path, "own.csv", rows_of("a", 10))
    with pytest.raises(UserError, match="leave something for train"):
        prepare(own(path, valid=0.6, test=0.4))
    with pytest.raises(UserError, match="no rows left for train"):
        prepare(own(csv_file(tmp_path, "one.csv", [("1", "가", "나", "다")]), valid=0.0, test=0.9))


def test_a_cp949_file_is_named_in_the_audit(tmp_path):
    path = csv_file(tmp_path, "excel.csv", rows_of("a", 3), encoding="cp949")
    audit = prepare(source_of(tmp_path, train=path))[1]
    assert audit["files"][0]["encoding"] == "cp949"
    assert len(audit["files"][0]["sha256"]) == 64
    assert any("CP949" in note for note in audit["notes"])


def test_the_script_writes_a_rowset_whose_bytes_repeat(tmp_path):
    source = source_of(tmp_path, train=rows_of("a", 5), test=rows_of("t", 2))
    for folder in ("one", "two"):
        prepare_rows.main(
            ["--source", json.dumps(source), "--output-dir", str(tmp_path / folder), "--label", "mine/all"]
        )
    for name in ("train.parquet", "test.parquet", "audit.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    audit = json.loads((tmp_path / "one" / "audit.json").read_text(encoding="utf-8"))
    assert set(audit) == {"dataset", "files", "splits", "excluded", "notes"}


def test_a_file_of_the_competitions_size_is_read_and_split_in_seconds(tmp_path):
    rng = random.Random(1)
    words = ["금리가", "NA", "None", "null", '"인용"', "1,200억 원", "줄바꿈\n\n ", "‘ESG’", "수출은", "올랐다."]
    articles = [" ".join(rng.choices(words, k=rng.randint(100, 300))) + str(n) for n in range(12741)]
    rows = [
        (
            f"TRAIN_{n:05d}",
            articles[n % len(articles)],
            f"{n % 33000}번 물음",
            rng.choice(["NA", "None", "12.50", "나"]),
        )
        for n in range(33716)
    ]
    rows[-1] = ("TRAIN_33715", *rows[0][1:])
    path = csv_file(tmp_path, "train.csv", rows, encoding="utf-8-sig")
    began = time.perf_counter()
    splits, audit = prepare({**own(path, valid=0.1, test=0.1), "max_context_chars": 1300})
    assert time.perf_counter() - began < 30, "about two seconds on a quiet machine"
    assert audit["files"][0]["rows"] == 33716
    assert audit["excluded"]["exact duplicate of an earlier row"]["ids"] == ["TRAIN_33715"]
    assert (
        sum(frame.height for frame in splits.values())
        == 33715 - audit["excluded"]["context over 1300 characters"]["rows"]
    )
    assert abs(splits["test"].height - 3371) < 5
    assert {"NA", "None"} < set(splits["train"]["answer"])
