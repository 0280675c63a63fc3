"""Rows with personal data are counted; they are left out, or it is masked, where a study asks."""

import json

import polars as pl
import prepare_rows
import pytest
from chat_rows import prepared

from kotune.rows.prepare import prepare

COLUMNS = ("id", "context", "question", "answer")
CALLED, MAILED = "전화는 010-1234-5678이다", "주소는 a@example.com이다"
NUMBERS = ("010-1234-5678", "a@example.com")


def source_of(folder, asked=None, submission=False):
    """Return a source: three rows of train, of which two hold personal data, and two to evaluate."""
    rows = {
        "train": [("a", "기사 하나", "물음", "답"), ("b", CALLED, "물음", "답"), ("c", MAILED, "물음", CALLED)],
        "submission" if submission else "test": [("d", CALLED, "다른 물음", "답"), ("e", "기사 둘", "물음", "답")],
    }
    files = {}
    for split, held in rows.items():
        path = folder / f"{split}.jsonl"
        lines = [json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) for row in held]
        path.write_text("\n".join(lines), encoding="utf-8")
        files[split] = str(path)
    columns = {name: name for name in COLUMNS}
    return {"dataset": "mine", "columns": columns, "files": files, **({"personal_data": asked} if asked else {})}


def test_rows_are_counted_by_kind_and_kept_where_nothing_is_asked(tmp_path):
    splits, audit = prepare(source_of(tmp_path))
    assert audit["splits"]["test"]["personal_data"] == {"telephone": 1}
    assert splits["train"]["context"].to_list() == ["기사 하나", MAILED]  # the other article is evaluated
    assert audit["splits"]["train"]["personal_data"] == {"e_mail": 1, "telephone": 1}
    assert "masked" not in audit


def test_rows_are_left_out_by_kind_and_counted(tmp_path):
    splits, audit = prepare(source_of(tmp_path, {"drop": ["telephone"]}))
    assert {split: frame["id"].to_list() for split, frame in splits.items()} == {"train": ["a"], "test": ["e"]}
    assert audit["excluded"]["personal data: telephone"]["splits"] == {"train": 2, "test": 1}
    assert "personal_data" not in audit["splits"]["train"]


def test_all_rows_of_a_submission_are_answered_and_masked_where_both_are_asked(tmp_path):
    asked = {"drop": ["telephone"], "mask": ["telephone"]}
    splits, audit = prepare(source_of(tmp_path, asked, submission=True))
    assert splits["submission"]["context"].to_list() == ["전화는 [telephone]이다", "기사 둘"]
    assert audit["masked"] == {"telephone": 1}


def test_what_is_masked_is_in_no_file_that_the_rule_writes(tmp_path):
    source = source_of(tmp_path, {"mask": ["telephone", "e_mail"]})
    out, log = tmp_path / "out", tmp_path / "log"
    prepare_rows.main(["--source", json.dumps(source), "--output-dir", str(out), "--log", str(log)])
    audit = json.loads((out / "audit.json").read_text())
    assert audit["masked"] == {"e_mail": 1, "telephone": 3}
    assert not any("personal_data" in facts for facts in audit["splits"].values())
    for path in (*out.iterdir(), log):
        written = pl.read_parquet(path).write_json() if path.suffix == ".parquet" else path.read_text(encoding="utf-8")
        assert not any(number in written for number in NUMBERS), path


@pytest.mark.parametrize("line", ["\n", "\t", " "])
def test_turns_of_a_conversation_are_looked_at_and_masked(tmp_path, line):
    said = f"연락처:{line}a@example.com,{line}010-1234-5678로"
    roles = ("user", "assistant", "user", "assistant")
    turns = [{"role": role, "content": said} for role in roles]
    (found,) = prepared(tmp_path, {"messages": turns}, personal_data={"mask": ["e_mail", "telephone"]})
    hidden = f"연락처:{line}[e_mail],{line}[telephone]로"
    assert (found["instruction"], found["output"]) == (hidden, hidden)
    assert [turn["content"] for turn in found["history"]] == [hidden, hidden]
