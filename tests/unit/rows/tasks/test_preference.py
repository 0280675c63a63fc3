"""The task preference: a prompt with a better and a worse answer; several pairs may be of one prompt."""

import json

import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.rows.prepare import prepare
from kotune.rows.task import dotted
from kotune.rows.tasks.preference import TASK

SHARED = ROOT.parent / "shared" / "data" / "square"
SPLIT = {"valid": 0.1, "test": 0.1, "seed": 42}


def prepared(path, rows, split=None, **source):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    asked = {"dataset": "pairs", "task": dotted("preference"), "columns": {}, "numbered": True}
    where = {"files": {split: str(path)}} if split else {"path": str(path), "split": SPLIT}
    return prepare({**asked, **where, **source})


def rows(count=20):
    return [{"prompt": f"물음 {place}", "chosen": f"답 {place}", "rejected": "모른다"} for place in range(count)]


def test_a_row_keeps_both_answers_and_the_better_one_is_learned(tmp_path):
    assert TASK.columns(False) == ("id", "prompt", "chosen") and TASK.gold == "chosen"
    splits, audit = prepared(tmp_path / "rows.jsonl", rows())
    assert splits["train"].columns == ["id", "prompt", "chosen", "article", "rejected"]
    assert set(splits["train"]["rejected"]) == {"모른다"} and audit["excluded"] == {}


def test_one_prompt_may_have_several_pairs_all_in_one_split(tmp_path):
    again = [*rows(), {"prompt": "물음 3", "chosen": "답 3", "rejected": "싫다"}, rows()[5]]
    splits, audit = prepared(tmp_path / "rows.jsonl", again)
    holding = [split for split, frame in splits.items() if "물음 3" in frame["prompt"].to_list()]
    assert len(holding) == 1 and splits[holding[0]].filter(splits[holding[0]]["prompt"] == "물음 3").height == 2
    assert audit["excluded"]["exact duplicate of an earlier row"]["rows"] == 1


def test_equal_sides_are_refused_by_their_rows(tmp_path):
    bad = rows()
    bad[3]["rejected"], bad[11]["rejected"] = " 답 3", "답 11"
    message = r"'chosen' and 'rejected' are equal in row \d+ \('row-0000\d+'\).*: neither is preferred; take these"
    with pytest.raises(UserError, match=message):
        prepared(tmp_path / "rows.jsonl", bad)
    with pytest.raises(UserError, match=r"rows of train: .* equal in row 4 \('train-000004'\), 12 \('train-000012'\)"):
        prepared(tmp_path / "rows.jsonl", bad, split="train")


def test_a_worse_answer_that_lacks(tmp_path):
    blank = rows()
    for place in range(20):
        blank[place]["rejected"] = " " if place % 2 else "모른다"
    _, audit = prepared(tmp_path / "rows.jsonl", blank)
    assert audit["excluded"]["empty rejected"]["rows"] > 0
    with pytest.raises(UserError, match="rows of train: no column 'rejected', the worse answer of each row"):
        prepared(tmp_path / "rows.jsonl", [{key: row[key] for key in ("prompt", "chosen")} for row in rows()])


@pytest.mark.skipif(not SHARED.is_dir(), reason="SQuARe lies in ../shared/data, which is not there")
def test_squares_pairs_are_read(tmp_path):
    """Acceptable and unacceptable responses to one question, as pairs under names of their own."""
    by_question = {}
    for row in json.loads((SHARED / "response_test_ood.json").read_text(encoding="utf-8")):
        sides = by_question.setdefault(row["question"], {1: [], 0: []})
        sides[row["acceptable?"]].append(row["response"])
    pairs = [
        {"question": question, "good": sides[1][0], "bad": sides[0][0]}
        for question, sides in by_question.items()
        if all(sides.values())
    ]
    columns = {"prompt": "question", "chosen": "good", "rejected": "bad"}
    splits, _ = prepared(tmp_path / "rows.jsonl", pairs, columns=columns)
    assert sum(frame.height for frame in splits.values()) == len(pairs) > 50
