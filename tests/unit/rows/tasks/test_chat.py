"""The task chat: an instruction is all that a row must have; a prompt set's rows keep their kind, and may lack answers."""

from chat_rows import prepared

from kotune.rows.task import learned_columns, read_columns, shown
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
