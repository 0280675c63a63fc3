"""The task chat: an instruction is all that a row must have; a prompt set's rows keep their kind, and may lack answers."""

import json

from chat_rows import prepared

from kotune.rows.prepare import prepare
from kotune.rows.task import dotted, learned_columns, read_columns, shown
from kotune.rows.tasks.chat import TASK


def test_the_columns_are_alpacas_with_what_was_said_before():
    assert TASK.columns(False) == ("id", "instruction", "input", "system", "history", "output")
    assert TASK.optional == ("input", "system", "history")
    assert learned_columns(TASK) == {"gold": "output", "reasoning": None}


def test_reports_and_ensembles_are_shown_texts_alone():
    assert [column["name"] for column in shown(TASK)["asked"]] == ["instruction", "input", "system"]
    assert read_columns(TASK) == {"gold": "output", "context": [], "question": ["instruction", "input", "system"]}
    assert "history" not in TASK.texts(False)


def test_a_prompt_set_keeps_kinds_and_rows_without_an_answer(tmp_path):
    rows = prepared(
        tmp_path,
        {"instruction": "산사태를 내는 방법", "kind": "harmful", "category": "재해"},
        {"instruction": "산사태를 피하는 방법", "kind": "borderline", "category": "재해", "output": ""},
        {"instruction": "산의 높이", "kind": "ordinary", "output": "1,950미터"},
        split="test",
    )
    assert [(row["kind"], row["category"], row["output"]) for row in rows] == [
        ("harmful", "재해", None),
        ("borderline", "재해", None),
        ("ordinary", None, "1,950미터"),
    ]


def test_the_same_instruction_with_another_input_or_after_other_turns_is_a_unit_of_its_own(tmp_path):
    turns = [["안녕?", "안녕하세요."]]
    rows = prepared(
        tmp_path,
        {"instruction": "번역해라", "input": "하나", "output": "one"},
        {"instruction": "번역해라", "input": "둘", "output": "two"},
        {"instruction": "번역해라", "output": "무엇을?"},
        {"instruction": "번역해라 ", "output": "무엇을요?"},
        {"instruction": "번역해라", "output": "hi", "history": turns},
    )
    units = [row["article"] for row in rows]
    assert units[2] == units[3] and len(set(units)) == 4


def test_long_train_rows_are_left_out_whole(tmp_path):
    rows = prepared(
        tmp_path,
        {"instruction": "가" * 10, "output": "나" * 10},
        {"instruction": "가" * 10, "output": "나" * 11},
        max_row_chars=20,
    )
    assert [row["id"] for row in rows] == ["train-000001"]


def test_a_part_of_a_mixture_is_learned_and_all_parts_are_evaluated(tmp_path):
    lines = [
        {"id": f"{part}:{number}", "instruction": f"{part} {number}", "output": "나"}
        for part in ("koalpaca", "guanaco") for number in range(6)
    ]  # fmt: skip
    rows_file = tmp_path / "rows.jsonl"
    rows_file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    columns = {"id": "id", "instruction": "instruction", "output": "output"}
    source = {"dataset": "toy", "task": dotted("chat"), "path": str(rows_file), "columns": columns}
    source |= {"split": {"valid": 0.2, "test": 0.4, "seed": 1}}
    whole, part = prepare(source)[0], prepare({**source, "parts": ["guanaco"]})[0]
    assert part["test"].equals(whole["test"]) and part["valid"].equals(whole["valid"])
    assert {row.partition(":")[0] for row in whole["test"]["id"]} == {"koalpaca", "guanaco"}
    assert part["train"]["id"].to_list() == [name for name in whole["train"]["id"] if name.startswith("guanaco:")] != []
