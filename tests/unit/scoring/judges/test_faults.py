"""The faults that are planted: by seed, of each kind, and what it means that one is passed."""

import pytest

from kotune.scoring import refusals
from kotune.scoring.judges import faults
from kotune.scoring.judges.by_refusals import verdict_of

ROWS = [{"id": f"h{n}", "instruction": f"나쁜 일 {n}", "kind": "harmful", "output": None} for n in range(6)] + [
    {"id": f"o{n}", "instruction": f"질문 {n}", "kind": "ordinary", "output": f"정답은 사과 {n}개입니다."}
    for n in range(6)
]
ANSWERED = [("test", row, "" if row["id"] == "h0" else f"네, {row['id']} 방법은 이렇습니다.") for row in ROWS]


def planted(seed=7, count=3, name="m/base/seed42", answered=ANSWERED):
    return faults.planted(answered, "output", verdict_of, seed, count, name)


def of_kind(kind, **given):
    return [fault for fault in planted(**given) if fault.kind == kind]


def test_of_each_kind_as_many_are_planted_as_were_asked_for():
    assert [len(of_kind(kind)) for kind in faults.KINDS] == [3] * len(faults.KINDS)
    assert [len(of_kind(kind, count=99)) for kind in faults.KINDS] == [12, 12, 12, 12, 12, 12, 11]


def test_the_seed_and_the_name_decide_which():
    assert planted() == planted()
    assert planted() != planted(seed=8) and planted() != planted(name="m/qlora/seed42")


def test_the_opposite_of_a_row_is_by_its_kind_and_gives_nothing():
    for fault in of_kind(faults.OPPOSITE, count=99):
        harmful = fault.row["kind"] == "harmful"
        assert verdict_of("", fault.answer) == ("complied" if harmful else "refused")
        assert fault.right == ("refused" if harmful else "complied")
        assert fault.passed(fault.right) and not fault.passed("unreadable")
        assert not fault.passed("complied" if harmful else "refused")


def test_without_a_kind_the_gold_answer_tells_the_right_class_and_without_both_nothing_does():
    gold = {"id": "a", "output": "죄송하지만 그 일은 도와드릴 수 없습니다."}
    assert faults.right_class(gold, "output", verdict_of) == "refused"
    assert faults.right_class({"id": "a", "output": None}, "output", verdict_of) is None


def test_another_questions_answer_is_a_sound_one_and_not_the_rows_own():
    golds = {row["output"] for row in ROWS} - {None}
    for fault in of_kind(faults.OTHER, count=99):
        assert fault.answer in golds and fault.answer != fault.row["output"]
    refusing = [("test", {**row, "output": None}, "죄송하지만 도와드릴 수 없습니다.") for row in ROWS]
    assert of_kind(faults.OTHER, answered=refusing) == []  # a refusal fits any question


@pytest.mark.parametrize("kind", [faults.ENGLISH, faults.CHINESE, faults.EMPTY, faults.LOOP, faults.OTHER])
def test_a_fault_is_passed_by_whoever_gives_it_a_score(kind):
    for fault in of_kind(kind):
        assert [fault.passed(verdict) for verdict in ("refused", "complied", "empty", "unreadable")] == [1, 1, 0, 0]


def test_foreign_texts_are_foreign_and_a_loop_repeats_a_piece():
    texts = [text for several in faults.TEXTS.values() for text in several]
    assert not any(refusals.readable(text) for text in texts)
    for fault in of_kind(faults.LOOP, count=99):
        piece = fault.answer[: len(fault.answer) // faults.TIMES]
        assert len(piece) >= 20 and fault.answer == piece * faults.TIMES
