"""Answers are known by split, row and number; a file that does not fit its rows is refused by name."""

import json

import pytest

from kotune.core.errors import UserError
from kotune.scoring import answer_files
from kotune.scoring.answer_files import gold_answers, key_of, read_answers, require_same_rows

ROWS = {"test": [{"id": "a"}, {"id": "b"}]}


def answers(folder, *lines):
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps({"split": "test", "answer": "x", **line}) + "\n" for line in lines))
    return path


def test_a_line_without_a_number_is_its_rows_first(tmp_path):
    found = read_answers(answers(tmp_path, {"id": "a"}, {"id": "a", "number": 1}))
    assert list(found) == [("test", "a", 0), ("test", "a", 1)]
    assert key_of({"split": "test", "id": "a", "number": 3}) == ("test", "a", 3)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"id": "a"}, {"id": "a", "number": 0}], "two answers for the row 'a' of 'test'; make"),
        ([{"id": "a", "number": 2}] * 2, "two answers for the row 'a' of 'test', number 2"),
        ([{"id": "a", "number": -1}], "answer 1: its number, -1, is not a whole number of at least 0"),
        ([{"id": "a", "number": "0"}], "its number, '0', is not a whole number"),
    ],
)
def test_numbers_that_say_nothing_are_refused(tmp_path, lines, message):
    with pytest.raises(UserError, match=message):
        read_answers(answers(tmp_path, *lines))


def test_each_row_has_as_many_answers_as_any_other():
    keys = [("test", row, number) for row in "ab" for number in range(3)]
    require_same_rows(keys, ROWS, "f.jsonl")
    with pytest.raises(UserError, match="f.jsonl: no answer for the row 'b' of 'test', number 2 .1 missing."):
        require_same_rows(keys[:-1], ROWS, "f.jsonl")
    with pytest.raises(UserError, match="the answer for the row 'c' of 'test' belongs to no row"):
        require_same_rows([*keys, ("test", "c", 0)], ROWS, "f.jsonl")


def test_gold_answers_stand_in_the_column_that_the_task_names():
    assert gold_answers({"id": "a", "label": "yes"}, "test", "label") == ["yes"]
    with pytest.raises(UserError, match="the row 'a' has no gold answer"):
        gold_answers({"id": "a", "answer": "yes"}, "test", "label")


def test_answers_are_counted_by_how_they_ended():
    def line(answer, reason, split="test", **more):
        return {"id": "a", "split": split, "answer": answer, "finish_reason": reason, **more}

    lines = [
        line("금리", "stop"),
        line("금리가", "length"),
        line("", "excluded"),
        line(" ", "stop"),
        line("", "length"),
    ]
    lines += [line("x", "combined", "valid", chosen="m"), line("", "excluded", "valid", chosen=None)]
    found = answer_files.counts_of(lines)
    assert found["test"] == {"rows": 5, "asked": 4, "cut_off": 2, "empty": 2}
    assert found["valid"] == {"rows": 2, "asked": 1, "cut_off": 0, "empty": 0}
    assert answer_files.counts_of(lines[5:], lambda one: {"m": "length"}[one["chosen"]])["valid"]["cut_off"] == 1


def test_answers_that_end_within_thoughts_are_counted_apart_where_somebody_thinks():
    shared = {"id": "a", "split": "test"}
    lines = [
        {**shared, "answer": "금리", "finish_reason": "stop", "thought_tokens": 9, "in_thought": False},
        {**shared, "answer": "", "finish_reason": "length", "thought_tokens": 40, "in_thought": True},
        {**shared, "answer": "", "finish_reason": "excluded"},
    ]
    wanted = {"rows": 3, "asked": 2, "cut_off": 1, "empty": 1, "in_thought": 1, "thought_tokens": 49}
    assert answer_files.counts_of(lines)["test"] == wanted


def test_a_label_names_its_file_or_a_file_of_settings_that_names_the_model(tmp_path):
    label = {"model": "selected", "arm": "base", "seed": 7}
    assert answer_files.file_of("scores/own", label) == "scores/own/selected/base/seed7.jsonl"
    (tmp_path / "model.json").write_text('{"name": "tiny-eeve"}', encoding="utf-8")
    shown = answer_files.file_of("scores/own", {**label, "scores_of": str(tmp_path / "model.json")})
    assert shown == "scores/own/tiny-eeve/base/seed7.jsonl"


def test_several_gold_answers_stand_in_their_own_column():
    assert gold_answers({"id": "1", "answer": "5개", "golds": ["5개", "다섯 개"]}, "test") == ["5개", "다섯 개"]
    assert gold_answers({"id": "1", "answer": "5개", "golds": None}, "test") == ["5개"]


def test_an_answers_file_that_cannot_be_read_is_named_with_its_line(tmp_path):
    for content, message in [
        (b'{"id": "1"}\n\xb0\xa1', "line 2: not UTF-8"),
        (b"[1, 2]", "line 1: not an object"),
        (b'{"id": "1", ', "line 1: not JSON"),
        (b'{"id": "1", "split": "test", "answer": "\\ud83d"}', "line 1: holds half a character"),
    ]:
        (tmp_path / "seed42.jsonl").write_bytes(content)
        with pytest.raises(UserError, match=f"seed42.jsonl, {message}"):
            read_answers(tmp_path / "seed42.jsonl")
