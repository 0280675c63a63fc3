"""The audit of leaks: who stands where, by id; a table, a figure, and the script that writes them."""

import json

import audit_leaks
import polars
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl, write_json, write_jsonl
from kotune.report import leaks

TRAIN = {"id": ["a", "b", "c"], "question": ["서울의 날씨는?", "부산의 인구는 얼마인가요?", None]}
TEST = {"id": ["t1", "t2", "t3"], "question": ["서울의  날씨는?", "부산의 인구가 얼마인가요?", "환율이란 무엇인가?"]}
OTHER = {"id": [7], "question": ["환율이란 무엇인가?"]}


def rows(table, name, own=True):
    return leaks.rows_of(table, name, own, ["question"], 2)


def test_rows_are_counted_and_named_equal_and_near_apart():
    document, lines = leaks.audit([rows(TRAIN, "train"), rows(TEST, "test")], 0.5, 2)
    (one,) = document["comparisons"]
    assert {key: one[key] for key in ("first", "second", "rows", "exact", "near")} == {
        "first": "train", "second": "test", "rows": 3, "exact": 1, "near": 1,
    }  # fmt: skip
    assert [(line["id"], line["twin"], line["exact"]) for line in lines] == [("t1", "a", True), ("t2", "b", False)]
    assert one["closest"] == [{"id": "t2", "twin": "b", "similarity": lines[1]["similarity"]}]
    assert document["sets"][0] == {"name": "train", "rows": 3, "empty": 1}


def test_two_sets_from_elsewhere_are_not_compared():
    sets = [rows(TRAIN, "train"), rows(TEST, "x: test", own=False), rows(OTHER, "y: test", own=False)]
    pairs = [(first.name, second.name) for first, second in leaks.compared(sets)]
    assert pairs == [("train", "x: test"), ("train", "y: test")]


def test_several_columns_are_one_text():
    table = {"id": ["a"], "instruction": ["번역해 줘"], "input": [None]}
    made = leaks.rows_of(table, "train", True, ["instruction", "input"], 4)
    assert made.texts.plain == ["번역해 줘"]


def test_the_table_and_its_note_say_what_counts():
    document, _ = leaks.audit([rows(TRAIN, "train"), rows(TEST, "test")], 0.5, 2)
    table = leaks.table(document)
    assert [cell.text for cell in table.rows[0]][:7] == ["test", "train", "3", "1", "33.3", "1", "33.3"]
    assert "sets of 2 characters in a row is at least 0.5" in table.notes[0]
    assert "find at least 99" in table.notes[0]
    document, _ = leaks.audit([rows(TRAIN, "train"), rows(TEST, "test")], 0.6, 2)
    assert "find at least 99.9 %" in leaks.table(document).notes[0], "what is not all is not rounded up to all"


def test_of_many_comparisons_the_figure_shows_those_with_the_first_set():
    sets = [rows(TEST, f"set {number}") for number in range(8)]
    drawn = leaks.figure(leaks.audit(sets, 0.5, 2)[0])
    assert len(drawn.axes[0].get_yticks()) == 7


def test_the_script_reads_both_kinds_of_files_and_writes_all(tmp_path):
    polars.DataFrame(TRAIN).write_parquet(tmp_path / "train.parquet")
    write_jsonl(
        tmp_path / "test.jsonl", [dict(zip(TEST, row, strict=True)) for row in zip(*TEST.values(), strict=True)]
    )
    sets = [
        {"name": name, "path": str(tmp_path / file), "columns": ["question"], "own": True}
        for name, file in (("train", "train.parquet"), ("test", "test.jsonl"))
    ]
    settings = {"near": 0.5, "characters": 2, "sets": sets}
    audit_leaks.main(["--settings", json.dumps(settings), "--output-dir", str(tmp_path / "out")])
    assert read_json(tmp_path / "out/leaks.json")["comparisons"][0]["exact"] == 1
    assert [line["id"] for line in read_jsonl(tmp_path / "out/leaks.jsonl")] == ["t1", "t2"]
    assert (tmp_path / "out/tables/leaks.html").is_file() and (tmp_path / "out/figures/leaks.svg").is_file()
    sets[0]["columns"] = ["qestion"]
    with pytest.raises(UserError, match=r"train.parquet: there is no column 'qestion'; did you mean 'question'"):
        audit_leaks.main(["--settings", json.dumps(settings), "--output-dir", str(tmp_path / "out")])


def test_items_of_a_benchmark_are_looked_for_within_what_is_learned(tmp_path):
    item = {"id": "test-1", "sentence": "바퀴가 생각보다 약해서 부서졌어요", "label": 0}
    folder = tmp_path / "data/kobest_sentineg"
    folder.mkdir(parents=True)
    write_json(folder.parent / "audit.json", {"tasks": {"kobest_sentineg": {"items": "validation"}}})
    write_jsonl(
        folder / "validation.jsonl", [item, {"id": "test-2", "sentence": "아무 데도 없는 문장입니다", "label": 1}]
    )
    quoted = {"id": "q", "history": [{"role": "user", "content": "안녕?"}, {"role": "assistant", "content": "네"}],
              "instruction": f"긍정인가요?\n문장: {item['sentence']}", "output": "부정"}  # fmt: skip
    polars.DataFrame([quoted]).write_parquet(tmp_path / "train.parquet")
    polars.DataFrame([quoted]).write_parquet(tmp_path / "valid.parquet")
    columns = ["history", "instruction"]
    sets = [
        {"name": "train", "path": str(tmp_path / "train.parquet"), "columns": columns, "own": True,
         "learned": [*columns, "output"]},
        {"name": "valid", "path": str(tmp_path / "valid.parquet"), "columns": columns, "own": True},
        {"name": "kobest: kobest_sentineg", "path": str(folder.parent / "audit.json"),
         "task": "kobest_sentineg"},
    ]  # fmt: skip
    settings = {"near": 0.6, "characters": 4, "sets": sets}
    audit_leaks.main(["--settings", json.dumps(settings), "--output-dir", str(tmp_path / "out")])
    document = read_json(tmp_path / "out/leaks.json")
    pairs = {(one["first"], one["second"]): (one["rows"], one["exact"], one["near"]) for one in document["comparisons"]}
    assert pairs == {("train", "valid"): (1, 1, 0), ("train", "kobest: kobest_sentineg"): (2, 1, 0)}
    assert [line["id"] for line in read_jsonl(tmp_path / "out/leaks.jsonl")] == ["q", "test-1"]
    assert "by their longest text" in leaks.notes(document)[1]
