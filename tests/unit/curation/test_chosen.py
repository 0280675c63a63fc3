"""A rowset of another one's rows: what stays, what is added, and an audit that says why the rest was left out."""

import polars as pl
import pytest
from rated_lines import LINES

from kotune.core.errors import UserError
from kotune.core.names import TRAIN, UNIT
from kotune.curation.chosen import chosen

OF = {"dataset": "toy", "files": [{"path": "a"}], "excluded": {"empty input": {"rows": 2, "ids": [], "splits": {}}},
      "notes": []}  # fmt: skip
ASKED = {"task": "kotune.rows.tasks.code.TASK", "dataset": "toy", "of": "raw", "reasoning": False, "seed": 1,
         "columns": ["instruction", "input", "output"]}  # fmt: skip


def splits():
    rows = [
        {"id": one["id"], "instruction": f"더하세요 {one['id']}", "input": "", "output": "x" * place, UNIT: one[UNIT]}
        for place, one in enumerate(LINES, start=1)
    ]
    held = {"id": "t1", "instruction": "시험", "input": "", "output": "y", UNIT: "held"}
    return {TRAIN: pl.DataFrame(rows), "test": pl.DataFrame([held]), "valid": pl.DataFrame([held]).clear()}


def book(folder, rows):
    path = folder / "book.jsonl"
    path.write_text("".join(f'{{"instruction": "{one}", "output": "z"}}\n' for one in rows), encoding="utf-8")
    return {"dataset": "book", "columns": {"instruction": "instruction", "output": "output"}, "numbered": True,
            "files": {TRAIN: str(path)}}  # fmt: skip


def test_a_filter_counts_each_reason_by_itself_and_in_turn():
    given = {"filter": {"at_least": 3, "without": ["undocumented"]}}
    frame, audit = chosen(splits(), OF, LINES, [], {**ASKED, **given})
    assert frame["id"].to_list() == ["r1", "r3", "r4"]
    told = audit["chosen"]
    assert told["found"] == {"rated below 3": 2, "undocumented: no docstring of what is asked for": 1}
    assert {reason: entry["rows"] for reason, entry in audit["excluded"].items()} == {
        "empty input": 2, "rated below 3": 2}  # fmt: skip
    assert (told["of_rows"], told["kept"], told["added"]) == (5, 3, 0)
    assert told["lengths"]["learned"] == {"mean": 2.67, "median": 3}
    assert audit["splits"]["train"]["rows"] == 3
    assert audit["splits"]["test"]["rows"] == 1


def test_topics_are_evened_among_what_passes_and_counted_before_and_after():
    mine = splits()
    mine[TRAIN] = mine[TRAIN].with_columns(pl.Series("category", ["글", "글", "글", "수", "글"]))
    given = {"filter": {"at_least": 2, "topic_share": 0.5}, "topic": "category"}
    frame, audit = chosen(mine, OF, LINES, [], {**ASKED, **given})
    told = audit["chosen"]
    assert "r4" in frame["id"].to_list()
    assert frame.height == 2
    assert audit["excluded"]["of a topic with more than 0.5 of the rows"]["rows"] == told["topics"]["left_out"] == 2
    assert told["topics"]["before"]["rows"] == {"글": 3, "수": 1}
    assert (told["topics"]["after"]["largest"], told["topics"]["after"]["even"]) == (0.5, 2.0)


def test_a_choice_is_made_among_what_the_filter_leaves_and_keeps_the_order_of_rows():
    given = {"filter": {"at_least": 3}, "choose": {"by": "quality", "rows": 2}}
    frame, audit = chosen(splits(), OF, LINES, [], {**ASKED, **given})
    assert frame["id"].to_list() == ["r1", "r3"]
    assert audit["chosen"]["left_out"]["not among those chosen"]["ids"] == ["r4"]


def test_lots_need_no_ratings():
    given = {"choose": {"by": "random", "rows": 2}}
    assert chosen(splits(), OF, [], [], {**ASKED, **given})[0].height == 2


def test_rows_are_added_under_their_own_names_without_copies(tmp_path):
    given = {"add": [book(tmp_path, ["새것", "둘"])]}
    frame, audit = chosen(splits(), OF, [], [], {**ASKED, **given})
    assert frame["id"].to_list()[-2:] == ["book/train-000001", "book/train-000002"]
    assert (audit["chosen"]["added"], len(audit["files"])) == (2, 2)


def test_personal_data_of_added_rows_is_treated_and_counted_beside_the_rest(tmp_path):
    rows = ["새것", "전화 010-1234-5678로", "둘 a@example.com"]
    given = {"add": [{**book(tmp_path, rows), "personal_data": {"drop": ["telephone"], "mask": ["e_mail"]}}]}
    frame, audit = chosen(splits(), {**OF, "masked": {"e_mail": 2}}, LINES, [], {**ASKED, **given})
    assert frame["instruction"].to_list()[-2:] == ["새것", "둘 [e_mail]"]
    assert audit["excluded"]["personal data: telephone"]["rows"] == 1
    assert audit["masked"] == {"e_mail": 3}


def test_rows_that_are_evaluated_are_not_added(tmp_path):
    from kotune.rows.task import unit_of

    mine = splits()
    mine["test"] = mine["test"].with_columns(pl.lit(unit_of("시험")).alias(UNIT))
    with pytest.raises(UserError, match="add: no row of 'book' is left; most were left out for: also in an evaluation"):
        chosen(mine, OF, [], [], {**ASKED, "add": [book(tmp_path, ["시험"])]})


def test_a_filter_that_nothing_passes_is_refused():
    with pytest.raises(UserError, match="filter: no row of 'raw' passes it; most were left out for: rated below 5"):
        chosen(splits(), OF, [one | {"rating": 1.0} for one in LINES], [], {**ASKED, "filter": {"at_least": 5}})


def test_ratings_of_other_rows_are_refused():
    with pytest.raises(UserError, match="ratings: the row 'r5' has none; run the rule rate_rows again"):
        chosen(splits(), OF, LINES[:4], [], {**ASKED, "filter": {"at_least": 3}})


def test_deita_of_rows_that_are_no_programs_goes_by_difficulty():
    hard = [{"id": "r3", "ifd": 0.9}, {"id": "r1", "ifd": 0.1}, {"id": "r4", "ifd": None}]
    choose = {"by": "deita", "rows": 1, "most_alike": 0.99, "complexity": "ifd"}
    asked = {**ASKED, "choose": choose, "embedder": {"name": "char-ngrams", "kind": "char_ngrams"}, "cache": None}
    assert chosen(splits(), OF, LINES, hard, asked)[0]["id"].to_list() == ["r3"]


def test_conversations_keep_their_turns_and_by_answer_none_is_added_that_is_evaluated(tmp_path):
    """What is added asks another question, and its answer stands in test."""
    from kotune.rows.prepare import prepare

    lines = [f'{{"instruction": "물음 {number}", "output": "답 {number % 10}"}}' for number in range(40)]
    (tmp_path / "talk.jsonl").write_text("\n".join(lines), encoding="utf-8")
    split = {"valid": 0.1, "test": 0.2, "seed": 1, "by": "answer"}
    source = {"dataset": "talk", "task": "kotune.rows.tasks.chat.TASK", "columns": {}, "numbered": True,
              "path": str(tmp_path / "talk.jsonl"), "split": split}  # fmt: skip
    mine, audit = prepare(source)
    evaluated = mine["test"]["output"][0]
    (tmp_path / "more.jsonl").write_text(
        f'{{"instruction": "다른 물음", "output": "{evaluated}"}}\n{{"instruction": "또", "output": "새 답"}}\n',
        encoding="utf-8",
    )
    more = {"dataset": "more", "columns": {}, "numbered": True, "files": {TRAIN: str(tmp_path / "more.jsonl")},
            "split": {"by": "answer"}}  # fmt: skip
    asked = {**ASKED, "task": source["task"], "of": "all", "split": {"by": "answer"}, "add": [more]}
    frame, told = chosen(mine, audit, [], [], asked)
    assert frame.height == mine[TRAIN].height + 1 and frame["output"][-1] == "새 답"
    assert frame.schema["history"] == mine[TRAIN].schema["history"] and frame["history"].to_list()[0] == []
    assert told["excluded"]["also in an evaluation split"]["rows"] == 1
