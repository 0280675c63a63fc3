"""Conversations become the task's columns: who speaks last is learned; a faulty turn is named with its row."""

import polars as pl
import pytest
from chat_rows import prepared

from kotune.core.errors import UserError
from kotune.rows.chats import flattened
from kotune.rows.prepare import prepare
from kotune.rows.readers import read_table

MESSAGES = [
    {"role": "system", "content": "짧게 답해라"},
    {"role": "user", "content": "안녕?"},
    {"role": "assistant", "content": "안녕하세요."},
    {"role": "user", "content": "이름은?"},
    {"role": "assistant", "content": "없습니다."},
]
THEIRS = {"user": "human", "assistant": "gpt", "system": "system"}
SHAREGPT = [{"from": THEIRS[turn["role"]], "value": turn["content"]} for turn in MESSAGES]
EARLIER = MESSAGES[1:3]


@pytest.mark.parametrize("row", [{"messages": MESSAGES}, {"conversations": SHAREGPT}], ids=["messages", "sharegpt"])
def test_a_conversation_becomes_a_row_of_the_task(tmp_path, row):
    (found,) = prepared(tmp_path, row)
    assert found.pop("article").startswith("a")
    assert found == {
        "id": "train-000001",
        "instruction": "이름은?",
        "input": "",
        "system": "짧게 답해라",
        "history": EARLIER,
        "output": "없습니다.",
    }


def test_alpaca_columns_need_no_input_and_have_no_history(tmp_path):
    (found,) = prepared(tmp_path, {"instruction": "번역해라", "output": "네"})
    assert (found["input"], found["system"], found["history"]) == ("", "", [])


def test_an_alpaca_history_of_pairs_is_earlier_turns(tmp_path):
    (found,) = prepared(tmp_path, {"instruction": "이름은?", "output": "없다", "history": [["안녕?", "안녕하세요."]]})
    assert found["history"] == EARLIER


def test_parquet_holds_conversations_too(tmp_path):
    pl.DataFrame({"messages": [MESSAGES, MESSAGES[1:3]]}).write_parquet(tmp_path / "rows.parquet")
    frame = read_table(str(tmp_path / "rows.parquet")).frame
    assert frame["instruction"].to_list() == ["이름은?", "안녕?"]
    assert frame["system"].to_list() == ["짧게 답해라", ""]
    source = {"dataset": "mine", "task": "kotune.rows.tasks.chat.TASK", "columns": {}, "numbered": True}
    again = prepare(source | {"files": {"train": str(tmp_path / "rows.parquet")}})[0]["train"]
    again.write_parquet(tmp_path / "again.parquet")
    twice = prepare(source | {"files": {"train": str(tmp_path / "again.parquet")}})[0]["train"]
    assert twice.equals(again), "prepared rows are rows, as a hub's download leaves them"


FAULTS = {
    "two answers": ([MESSAGES[1], MESSAGES[2], MESSAGES[2]], r"line 1: messages\[2\]: a turn of the assistant out of"),
    "the assistant first": ([MESSAGES[2], MESSAGES[1]], r"messages\[0\]: a turn of the assistant out of order"),
    "system later": ([MESSAGES[1], MESSAGES[0]], r"messages\[1\]: a turn of the system out of order"),
    "empty": ([{"role": "user", "content": " "}], r"messages\[0\]: the user's turn is empty"),
    "unknown": ([{"role": "asistant", "content": "a"}], r"unknown role 'asistant'; did you mean 'assistant'"),
    "no text": ([{"role": "user", "content": ["a"]}], r"needs 'content', and a text there"),
    "system alone": ([MESSAGES[0]], r"nobody speaks"),
}


@pytest.mark.parametrize(("turns", "message"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_turn_is_named_with_its_row(tmp_path, turns, message):
    with pytest.raises(UserError, match=message):
        prepared(tmp_path, {"messages": turns})


def test_a_row_in_two_layouts_is_refused():
    with pytest.raises(UserError, match="holds both 'messages' and 'instruction'"):
        flattened({"messages": MESSAGES, "instruction": "a"}, "here")


def test_a_conversation_without_its_answer_is_for_evaluation_alone(tmp_path):
    (found,) = prepared(tmp_path, {"messages": MESSAGES[:-1]}, split="test")
    assert found["output"] is None
    with pytest.raises(UserError, match="no rows left for train.*empty output"):
        prepared(tmp_path, {"messages": MESSAGES[:-1]})
