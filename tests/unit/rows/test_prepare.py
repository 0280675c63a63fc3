"""Rows: what is left out is counted, articles stay together, nothing that is evaluated is trained on."""

import csv
import hashlib
import json
import time

import dacon_rows
import polars as pl
import prepare_rows
import pytest

from kotune.core.errors import UserError
from kotune.rows.prepare import prepare
from kotune.rows.task import unit_of

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
        ("a", context, "물음", "NA", unit_of(context)),
        ("b", context, "물음", "None", unit_of(context)),
        ("c", "다른 기사", "물음?", "007", unit_of("다른 기사")),
    ]
    assert unit_of("가") == "a" + hashlib.sha256("가".encode()).hexdigest()[:12]
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
    with pytest.raises(UserError, match="one.csv: holds 1 articles that can be used.*bring more articles"):
        prepare(own(csv_file(tmp_path, "one.csv", [("1", "가", "나", "다")]), valid=0.0, test=0.9))


def test_a_few_articles_are_enough_for_each_split(tmp_path):
    rows = [("a", "기사 하나", "물음", "답"), ("b", "기사 둘", "물음", "답"), ("c", "기사 셋", "물음", "답")]
    splits, _ = prepare(own(csv_file(tmp_path, "own.csv", rows)))
    assert [splits[split].height for split in ("train", "valid", "test")] == [1, 1, 1]


def test_a_copy_of_an_article_with_other_white_space_stays_in_its_split(tmp_path):
    rows = [
        (f"{n}{form}", f"기사 {n}이다.{form}끝", f"물음{form!r}", "답")
        for n in range(20)
        for form in (" ", "\n", "\r\n", "  ")
    ]
    splits, audit = prepare(own(csv_file(tmp_path, "own.csv", rows)))
    held = [set(splits[split]["article"]) for split in ("train", "valid", "test")]
    assert sum(map(len, held)) == len(set.union(*held)) == 20
    assert audit["excluded"] == {}


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


def test_a_submission_keeps_every_row_and_takes_nothing_from_train(tmp_path):
    """Its rows are all asked for: none is left out for being empty or doubled, and none has an answer."""
    labelled = rows_of("a", 10)
    asked = [
        *((f"s{number}", row[1], "다른 물음") for number, row in enumerate(labelled)),
        ("t1", "", "물음"),
        ("t2", "가", ""),
        ("t3", "가", "나"),
        ("t4", "가", "나"),
        ("t5", "라" * 2000, "나"),
    ]
    source = own(csv_file(tmp_path, "train.csv", labelled))
    source["files"] = {"submission": csv_file(tmp_path, "test.csv", asked, HEADER[:3])}
    splits, audit = prepare({**source, "max_context_chars": 1300})
    assert splits["submission"].select("id", "context", "question").rows() == asked
    assert splits["submission"]["answer"].null_count() == len(asked)
    assert sum(splits[split].height for split in ("train", "valid", "test")) == 10
    assert audit["excluded"] == {}
    assert "submission holds no answers: it can be answered, not scored" in audit["notes"]
    assert [(file["split"], file["rows"]) for file in audit["files"]] == [(None, 10), ("submission", 15)]
    alone, _ = prepare(own(source["path"]))
    assert all(alone[split].equals(splits[split]) for split in alone)
    assert "articles that stand in both train and submission: 6; both keep them" in audit["notes"]


def test_test_rows_with_answers_are_the_test_split(tmp_path):
    source = own(csv_file(tmp_path, "train.csv", rows_of("a", 10)))
    source["files"] = {"test": csv_file(tmp_path, "test.csv", rows_of("t", 3))}
    splits, _ = prepare(source)
    assert {split: frame.height for split, frame in splits.items()} == {"train": 8, "valid": 2, "test": 3}
    with pytest.raises(UserError, match="name either one file .path. or one per split"):
        prepare({**source, "files": {"valid": source["path"]}})


def test_an_id_of_train_and_test_alike_is_refused(tmp_path):
    source = own(csv_file(tmp_path, "train.csv", rows_of("a", 10)))
    source["files"] = {"submission": csv_file(tmp_path, "test.csv", [("a3", "가", "나")], HEADER[:3])}
    with pytest.raises(UserError, match="'a3' in train.csv row 4, test.csv row 1"):
        prepare(source)


def test_rows_that_say_nothing_at_all_are_left_out_and_not_fallen_over(tmp_path):
    pl.DataFrame(
        {"id": ["a", "b"], "context": ["가", None], "question": ["나", "나"], "answer": ["다", "다"]}
    ).write_parquet(tmp_path / "train.parquet")
    audit = prepare(source_of(tmp_path, train=str(tmp_path / "train.parquet")))[1]
    assert audit["excluded"]["empty context"]["ids"] == ["b"]


def test_rows_of_the_competitions_size_are_read_and_split_in_seconds(tmp_path):
    """The competition's own rows may not be redistributed; these have its layout, its size and its troubles."""
    path = dacon_rows.archived(tmp_path / "open.zip", dacon_rows.texts())
    source = {**own(f"{path}/train.csv", valid=0.1, test=0.1), "files": {"submission": f"{path}/test.csv"}}
    began = time.process_time()
    splits, audit = prepare({**source, "max_context_chars": 1300})
    assert time.process_time() - began < 30, "about a second, whatever else the machine does"
    assert [(file["rows"], file["encoding"]) for file in audit["files"]] == [(33716, "utf-8-sig"), (1507, "utf-8-sig")]
    left_out = {reason: entry["rows"] for reason, entry in audit["excluded"].items()}
    assert set(left_out) == {"empty answer", "exact duplicate of an earlier row", "context over 1300 characters"}
    assert sum(frame.height for frame in splits.values()) + sum(left_out.values()) == 33716 + 1507
    assert splits["submission"].height == 1507
    assert abs(splits["test"].height - 3360) < 40
    assert splits["train"]["context"].str.len_chars().max() <= 1300 < splits["test"]["context"].str.len_chars().max()
    assert {"NA", "None", "nan", "007"} < set(splits["train"]["answer"])
    held = [set(splits[split]["article"]) for split in ("train", "valid", "test")]
    assert sum(map(len, held)) == len(set.union(*held))


REASONED = (*HEADER, "cot_answer")


def reasoned(folder, **splits) -> dict:
    files = {split: csv_file(folder, f"{split}.csv", rows, REASONED) for split, rows in splits.items()}
    return {"dataset": "mine", "files": files, "reasoning": True}


def test_reasoning_is_a_column_more_and_train_and_valid_rows_need_it(tmp_path):
    train = [
        ("a", "가", "물음", "답", "왜냐하면"),
        ("b", "나", "물음", "답", " "),
        ("c", "가", "물음", "답", "다른 까닭"),
    ]
    valid = [("v", "다", "물음", "답", ""), ("w", "라", "물음", "답", "까닭")]
    splits, audit = prepare(reasoned(tmp_path, train=train, valid=valid, test=[("t", "마", "물음", "답", "")]))
    assert splits["train"].columns == ["id", "context", "question", "answer", "cot_answer", "article"]
    assert splits["train"]["id"].to_list() == ["a", "c"], "another reasoning makes another row"
    assert splits["valid"]["cot_answer"].to_list() == ["까닭"]
    assert splits["test"]["cot_answer"].to_list() == [None]
    assert audit["excluded"] == {"empty cot_answer": {"rows": 2, "ids": ["b", "v"], "splits": {"train": 1, "valid": 1}}}
    assert audit["splits"]["train"]["cot_answer_chars_max"] == 5
    assert "test holds no reasoning: its answers can be scored, not why they were given" in audit["notes"]


def test_a_file_without_reasoning_says_what_to_do(tmp_path):
    source = {**source_of(tmp_path, train=rows_of("a", 2), test=rows_of("t", 2)), "reasoning": True}
    message = (
        "train.csv: no column 'cot_answer' for cot_answer.*; add the reasoning to each row, or run the study without"
    )
    with pytest.raises(UserError, match=message):
        prepare(source)
    path = csv_file(tmp_path, "theirs.csv", [(*row, "까닭") for row in rows_of("b", 2)], (*HEADER, "추론"))
    named = {**source, "columns": {"cot_answer": "추론"}, "files": {"train": path}}
    assert prepare(named)[0]["train"]["cot_answer"].to_list() == ["까닭", "까닭"]
    splits, _ = prepare({**source, "reasoning": False})
    assert "cot_answer" not in splits["train"].columns


def test_rows_without_an_id_are_numbered_where_the_source_says_so(tmp_path):
    rows = [row[1:] for row in rows_of("a", 12)]
    path = csv_file(tmp_path, "one.csv", rows, HEADER[1:])
    source = {"dataset": "mine", "path": path, "split": {"valid": 0.2, "test": 0.2, "seed": 1}}
    with pytest.raises(UserError, match="no column 'id' for id"):
        prepare(source)
    splits, _ = prepare({**source, "numbered": True})
    ids = sorted(name for frame in splits.values() for name in frame["id"])
    assert ids == [f"row-{number:06d}" for number in range(1, 13)]
    assert splits["train"].equals(prepare({**source, "numbered": True})[0]["train"])
    test = csv_file(tmp_path, "test.csv", [("시험 기사", "물음", "답")], HEADER[1:])
    each, _ = prepare({"dataset": "mine", "files": {"train": path, "test": test}, "numbered": True})
    assert (each["train"]["id"][0], each["test"]["id"][0]) == ("train-000001", "test-000001")
    own = csv_file(tmp_path, "own.csv", rows_of("z", 1))
    assert prepare({"dataset": "mine", "files": {"train": own}, "numbered": True})[0]["train"]["id"][0] == "z0"


def articles_of(count: int) -> list[tuple]:
    """Rows of articles with three paragraphs of three questions each, and their titles."""
    return [
        (f"{a}-{p}-{q}", f"문단 {a}-{p}", f"물음 {q}", "답", f"문서 {a}")
        for a in range(count)
        for p in range(3)
        for q in range(3)
    ]


def titled(folder, rows, **split) -> dict:
    source = own(csv_file(folder, "titled.csv", rows, (*HEADER, "title")), **split)
    return {**source, "columns": {**{name: name for name in HEADER}, "article": "title"}}


def test_a_column_of_articles_keeps_their_paragraphs_in_one_split(tmp_path):
    splits, audit = prepare(titled(tmp_path, articles_of(30), **{"test-seen": 0.1}))
    titles = {split: {one.split("-")[0] for one in frame["id"]} for split, frame in splits.items()}
    assert not titles["train"] & (titles["valid"] | titles["test"]) and not titles["valid"] & titles["test"]
    assert {split: facts["articles"] for split, facts in audit["splits"].items() if split != "test-seen"} == {
        "train": 18, "valid": 6, "test": 6
    }  # fmt: skip
    seen = splits["test-seen"]
    assert seen.height == 27 and set(seen["context"]) <= set(splits["train"]["context"])
    assert not set(seen["id"]) & set(splits["train"]["id"])
    assert splits["train"].columns == ["id", "context", "question", "answer", "article"]
    assert "test-seen holds other questions on contexts of train: of its 27 rows 27 ask about a context" in "".join(
        audit["notes"]
    )


def test_a_paragraph_under_two_titles_is_never_both_trained_on_and_asked(tmp_path):
    rows = articles_of(30)
    shared = [(f"s{a}", "같은 문단", f"물음 {a}", "답", f"문서 {a}") for a in range(12)]
    splits, audit = prepare(titled(tmp_path, [*rows, *shared]))
    held = [split for split, frame in splits.items() if "같은 문단" in set(frame["context"])]
    assert len(held) == 1
    titles = {one.split("-")[0] for split in splits if split not in held for one in splits[split]["id"]}
    assert not titles & {str(a) for a in range(12)}, "nor is what stands beside it"
    assert "contexts that stand under several articles' names: 1; those articles are one" in audit["notes"]


def test_of_separate_files_train_loses_the_articles_that_are_asked(tmp_path):
    header = (*HEADER, "title")
    files = {
        "train": csv_file(tmp_path, "a.csv", [("1", "가", "나", "다", "갑"), ("2", "라", "나", "다", "을")], header),
        "test": csv_file(tmp_path, "b.csv", [("3", "마", "나", "다", "갑")], header),
    }
    columns = {**{name: name for name in HEADER}, "article": "title"}
    splits, audit = prepare({"dataset": "mine", "columns": columns, "files": files})
    assert splits["train"]["id"].to_list() == ["2"]
    assert audit["excluded"]["article also in an evaluation split"]["ids"] == ["1"]


def test_a_column_of_articles_that_is_not_there_is_refused(tmp_path):
    source = titled(tmp_path, articles_of(3))
    source["columns"]["article"] = "titel"
    with pytest.raises(
        UserError, match="no column 'titel' for article, which keeps rows together; did you mean 'title'"
    ):
        prepare(source)


def test_capped_rows_are_counted_beside_all(tmp_path):
    source = titled(tmp_path, articles_of(30), **{"test-seen": 0.1})
    caps = {"scale": {"train": 50, "test": 7, "test-seen": 5}, "rowset": {"train": 20}, "seed": 42}
    splits, audit = prepare({**source, "caps": caps})
    facts = {split: (one["rows"], one.get("of")) for split, one in audit["splits"].items()}
    assert facts == {"train": (20, 135), "valid": (54, None), "test": (7, 54), "test-seen": (5, 27)}
    assert "rows of train: 20 of 135, drawn by seed" in audit["notes"]
    assert {split: frame.height for split, frame in splits.items()} == {
        split: rows for split, (rows, _) in facts.items()
    }


@pytest.mark.parametrize("by", ["answer", "row"])
def test_rows_may_stay_together_by_their_answer_or_each_by_itself(tmp_path, by):
    """By answer, the answers of test are none of train's, and test-seen's are."""
    rows = [(f"r{number}", f"{number % 4}번 기사", f"물음 {number}", f"답 {number % 12}") for number in range(60)]
    path = csv_file(tmp_path, "all.csv", rows)
    shares = {"valid": 0.1, "test": 0.2, "test-seen": 0.1, "seed": 1, "by": by}
    source = {"dataset": "mine", "columns": {name: name for name in HEADER}, "path": path, "split": shares}
    if by == "row":
        del shares["test-seen"]
    splits, audit = prepare(source)
    train, test = (set(splits[split]["answer"]) for split in ("train", "test"))
    assert bool(train & test) == (by == "row") and splits["test"].height >= 12
    assert sum(frame.height for frame in splits.values()) == 60
    assert audit["splits"]["test"]["articles"] == (len(test) if by == "answer" else splits["test"].height)
    if by == "answer":
        assert set(splits["test-seen"]["answer"]) <= train
