"""JSON: several gold answers, SQuAD's layout as KorQuAD, KLUE and AI Hub write it, and what is broken in its place."""

import json

import pytest
from checkout import ROOT

from kotune.core.errors import UserError
from kotune.rows.prepare import prepare
from kotune.rows.readers import read_table

SHARES = {"valid": 0.1, "test": 0.1, "seed": 1}


def written(folder, value, name="rows.json"):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def squad(*questions, context="기사 본문", **document):
    return {"version": "v", "data": [{**document, "paragraphs": [{"context": context, "qas": list(questions)}]}]}


def question(answers, **more):
    return {"question": "무엇인가", "answers": answers, **more}


LAYOUTS = {
    "korquad": (squad(question([{"text": "가", "answer_start": 0}], id="k1"), title="제목"), "id", ["가"]),
    "klue": (
        squad(
            question([{"text": "가", "answer_start": 0}, {"text": "나", "answer_start": 1}], guid="g1",
                     question_type=1, is_impossible=False),
            title="제목", news_category="경제", source="신문",
        ),
        "guid", ["가", "나"],
    ),
    "ai hub": (
        squad(question({"text": "가", "answer_start": 3, "clue_text": "나"}, question_id="q1"), doc_id="d", doc_title="t"),
        "question_id", ["가"],
    ),
    "hub": (squad(question({"text": ["가", "나"], "answer_start": [0, 1]}, id="h1")), "id", ["가", "나"]),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_of_squad_is_read_as_each_of_its_users_writes_it(tmp_path, layout):
    document, name, golds = LAYOUTS[layout]
    table = read_table(written(tmp_path, document))
    named = {"klue": "title", "korquad": "title", "ai hub": "doc_title"}
    articles = {"article": named[layout]} if layout in named else {}
    assert table.names == {"context": "context", "question": "question", "answer": "answers", "id": name} | articles
    row = table.frame.to_dicts()[0]
    assert [answer["text"] for answer in row["answers"]] == golds
    assert (row["context"], row["question"]) == ("기사 본문", "무엇인가")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_in_that_layout_need_no_columns_to_be_named(tmp_path, layout):
    document, name, golds = LAYOUTS[layout]
    more = squad(*(question([{"text": "다"}], **{name: f"m{n}"}) for n in range(1)), context="둘")["data"]
    more += squad(question([{"text": "라"}], **{name: "n1"}), context="셋")["data"]
    path = written(tmp_path, {"data": document["data"] + more})
    columns = {"id": "id", "context": "context", "question": "question", "answer": "answer"}
    splits, audit = prepare({"dataset": "mine", "columns": columns, "path": path, "split": SHARES})
    rows = [row for frame in splits.values() for row in frame.to_dicts()]
    assert len(rows) == 3 and not audit["excluded"]
    read = next(row for row in rows if row["context"] == "기사 본문")
    assert read["answer"] == golds[0]
    assert read.get("golds", [read["answer"]]) == golds


def test_questions_that_their_text_does_not_answer_are_left_out_and_counted(tmp_path):
    asked = [question([{"text": f"답{n}"}], id=f"a{n}", is_impossible=False) for n in range(3)]
    document = squad(*asked, question([{"text": "그럴듯"}], id="no", is_impossible=True))
    splits, audit = prepare({"dataset": "mine", "files": {"train": written(tmp_path, document)}})
    assert splits["train"]["id"].to_list() == ["a0", "a1", "a2"]
    assert audit["excluded"]["marked as a question without an answer"]["ids"] == ["no"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"data": [{"paragraphs": {}}]}, r"data\[0\]: in SQuAD's layout, 'paragraphs' must be there and be a list"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, r"data\[0\].paragraphs\[0\]: .*'context'"),
        ({"data": [{"paragraphs": [{"context": "가", "qas": [{}]}]}]}, r"paragraphs\[0\].qas\[0\]: .*'question'"),
        ({"data": [{"paragraphs": [{"context": "가", "qas": [[]]}]}]}, r"paragraphs\[0\].qas\[0\]: .*'question'"),
        ({"data": [{"paragraphs": [{"context": "가", "qas": []}]}]}, "without a question"),
        ({"rows": []}, "neither SQuAD's layout .* nor a list of rows"),
        ([1], "nor a list of rows"),
        ('{"data": [\n{"id": 1,}]}', "line 2: not JSON"),
        ([], "no rows left to read"),
    ],
)
def test_a_document_in_no_layout_is_named(tmp_path, document, message):
    with pytest.raises(UserError, match=f"rows.json.*{message}"):
        read_table(written(tmp_path, document))


def test_a_list_of_rows_and_lines_under_the_name_of_a_document_are_rows(tmp_path):
    rows = [{"id": 1, "answer": ["가", "나"]}, {"id": 2, "answer": "다"}]
    expected = [{"id": "1", "answer": ["가", "나"]}, {"id": "2", "answer": ["다"]}]
    assert read_table(written(tmp_path, rows)).frame.to_dicts() == expected
    assert read_table(written(tmp_path, {"data": rows})).frame.to_dicts() == expected
    lines = "\n".join(json.dumps(row) for row in rows)
    assert read_table(written(tmp_path, lines)).frame.to_dicts() == expected


def test_a_column_that_holds_no_text_is_named_only_where_it_is_wanted(tmp_path):
    lines = [{"id": "1", "context": "가", "question": "나", "answer": "다", "meta": {"a": 1}}]
    path = written(tmp_path, "\n".join(map(json.dumps, lines)), "rows.jsonl")
    assert prepare({"dataset": "mine", "files": {"train": path}})[0]["train"].height == 1
    with pytest.raises(UserError, match="rows.jsonl, line 1: 'meta' holds a list or an object; it must be text"):
        prepare({"dataset": "mine", "columns": {"answer": "meta"}, "files": {"train": path}})


@pytest.mark.parametrize("line", ['{"id": "1", "context": "가\\ud83d"}', '{"id": "1", "context": ["\\udc00"]}'])
def test_half_a_character_is_named_with_its_line(tmp_path, line):
    with pytest.raises(UserError, match=r"line 2: 'context' holds half a character \(\\ud"):
        read_table(written(tmp_path, f'{{"id": "0"}}\n{line}', "rows.jsonl"))
    whole = read_table(written(tmp_path, '{"id": "\\ud83d\\ude00"}', "rows.jsonl"))
    assert whole.frame.rows() == [("😀",)]


def test_lists_without_an_end_are_refused_in_one_line(tmp_path):
    with pytest.raises(UserError, match="line 1: lists or objects within one another"):
        read_table(written(tmp_path, '{"id": ' + "[" * 100_000 + "]" * 100_000 + "}", "rows.jsonl"))


PUBLISHED = ROOT.parent / "shared/data/korquad-v1.0/KorQuAD_v1.0_dev.json"


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="KorQuAD 1.0's dev split, which may not be handed on, is not here")
def test_the_whole_of_korquads_dev_split_is_read():
    columns = {"id": "id", "context": "context", "question": "question", "answer": "answer"}
    splits, audit = prepare({"dataset": "korquad", "columns": columns, "path": str(PUBLISHED), "split": SHARES})
    left_out = sum(entry["rows"] for entry in audit["excluded"].values())
    assert audit["files"][0]["rows"] == 5774 == left_out + sum(frame.height for frame in splits.values())
    assert all("golds" not in frame.columns for frame in splits.values())  # each question has one gold answer


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="KorQuAD 1.0's dev split, which may not be handed on, is not here")
def test_korquads_articles_stay_together_and_test_seen_asks_of_trained_paragraphs():
    shares = {"valid": 0.1, "test": 0.1, "test-seen": 0.05, "seed": 42}
    columns = {"id": "id", "context": "context", "question": "question", "answer": "answers.text", "article": "title"}
    splits, audit = prepare({"dataset": "korquad", "columns": columns, "path": str(PUBLISHED), "split": shares})
    articles = {split: set(frame["article"]) for split, frame in splits.items()}
    assert len(articles["train"]) + len(articles["valid"]) + len(articles["test"]) == 140
    assert len(articles["train"] | articles["valid"] | articles["test"]) == 140
    assert set(splits["test-seen"]["context"]) <= set(splits["train"]["context"])
    assert {split: facts["rows"] for split, facts in audit["splits"].items()} == {
        "train": 4289, "valid": 584, "test": 604, "test-seen": 288
    }  # fmt: skip
