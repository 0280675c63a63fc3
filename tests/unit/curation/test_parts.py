"""Parts of a mixture: each layout in the task's columns, what is left out counted, what is no conversation listed."""

import mixed_parts
import pytest
from mixed_parts import plain, spoken, translated

from kotune.core.errors import UserError
from kotune.curation.parts import read
from kotune.rows.audit import Exclusions
from kotune.rows.chats import heard

TASK = mixed_parts.TASK


def part(tmp_path, name, rows=None, **changes):
    found = mixed_parts.parts(tmp_path, {name: rows} if rows else None)
    return next(one for one in found if one["name"] == name) | changes


def test_rows_without_ids_are_numbered_by_their_place(tmp_path):
    found = read(part(tmp_path, "plain"), TASK, Exclusions()).frame
    assert found["id"][:2].to_list() == ["plain:row-000001", "plain:row-000002"]
    assert found["input"].unique().to_list() == [""]
    assert found["source_row"].to_list() == list(range(1, 31))


def test_rows_whose_ids_tell_them_not_apart_are_numbered(tmp_path):
    rows = [row | {"id": "same"} for row in translated(3)]
    found = read(part(tmp_path, "translated", rows), TASK, Exclusions()).frame
    assert found["source_id"].to_list() == ["row-000001", "row-000002", "row-000003"]


def test_a_conversation_gives_its_last_answer_its_question_and_the_turns_before(tmp_path):
    found = read(part(tmp_path, "spoken"), TASK, Exclusions()).frame
    row = found.to_dicts()[1]
    assert (row["instruction"], row["output"], row["earlier_turns"]) == ("질문 3 1?", "대답 7 1", 2)
    assert [turn["content"] for turn in heard(row["history"])] == ["질문 3 0?", "대답 7 0"]
    assert row["article"] == "질문 3 0?", "branches of one conversation are one unit"


def test_what_is_no_conversation_is_listed_and_what_has_no_answer_at_its_end_is_cut(tmp_path):
    rows = spoken(3) + [
        {"id": "silent", "text": "### Human: 누구 없어요?"},
        {"id": "unmarked", "text": "글"},
        {"id": "open", "text": "### Human: 하나### Assistant: 둘### Human: 셋"},
    ]
    found = read(part(tmp_path, "spoken", rows), TASK, Exclusions())
    assert found.faults == [
        {"part": "spoken", "id": "silent", "row": 4, "why": "no turn of the assistant"},
        {"part": "spoken", "id": "unmarked", "row": 5, "why": "no mark of a speaker"},
    ]
    last = found.frame.to_dicts()[-1]
    assert (last["source_row"], last["output"], last["cut_turns"]) == (6, "둘", 1)
    assert found.file["rows"] == 6


def test_a_part_without_any_conversation_is_an_error(tmp_path):
    rows = [{"id": "a", "text": "### Human: 하나"}, {"id": "b", "text": "### Human: 둘"}]
    with pytest.raises(UserError, match=r"part 'spoken': none of its 2 rows is a conversation; row 1: no turn of the"):
        read(part(tmp_path, "spoken", rows), TASK, Exclusions())


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere.jsonl"):
        read(part(tmp_path, "plain", path=str(tmp_path / "nowhere.jsonl")), TASK, Exclusions())


@pytest.mark.parametrize(
    ("filters", "reason", "left"),
    [
        ({"ids_begin_with": ["t0."]}, "id does not begin with t0.", 15),
        ({"ids_do_not_begin_with": ["t0.", "niv."]}, "id begins with t0. or niv.", 15),
        ({"min_answer_chars": 6}, "answer under 6 characters", 22),
        ({"max_answer_chars": 5}, "answer over 5 characters", 8),
        ({"max_row_chars": 20}, "over 20 characters in all", 10),
    ],
)
def test_a_filter_leaves_rows_out_and_counts_them(tmp_path, filters, reason, left):
    exclusions = Exclusions()
    found = read(part(tmp_path, "translated", filters=filters), TASK, exclusions).frame
    assert found.height == left
    assert exclusions.found[reason]["splits"] == {"translated": 30 - left}


def test_long_conversations_can_be_left_out(tmp_path):
    rows = spoken(2, turns=3) + [row | {"id": row["id"] + "b"} for row in spoken(3, turns=1)]
    found = read(part(tmp_path, "spoken", rows, filters={"max_earlier_turns": 2}), TASK, Exclusions()).frame
    assert found["earlier_turns"].to_list() == [0, 0, 0]


def test_a_filter_that_leaves_nothing_says_what_took_the_rows(tmp_path):
    with pytest.raises(UserError, match=r"part 'plain': no row is left; most were left out for: answer under 999"):
        read(part(tmp_path, "plain", filters={"min_answer_chars": 999}), TASK, Exclusions())


def test_rows_that_ask_or_answer_nothing_are_counted(tmp_path):
    exclusions = Exclusions()
    rows = [
        *plain(2),
        {"instruction": " ", "output": "답", "url": ""},
        {"instruction": "물음", "output": "", "url": ""},
    ]
    assert read(part(tmp_path, "plain", rows), TASK, exclusions).frame.height == 2
    assert {reason: entry["rows"] for reason, entry in exclusions.found.items()} == {
        "empty instruction": 1,
        "empty output": 1,
    }
