"""An audit counts passed faults, contradictions and failures, and says whether a judge may decide."""

import pytest

from kotune.scoring.judges import faults
from kotune.scoring.judges.audit import audit_of, counts_of, disagreement, inputs_of


def planted(kind, *verdicts, right=None, place=0):
    line = {"planted": kind, "id": "a", "split": "test", **({"right": right} if right else {})}
    return [{**line, "place": place, "verdict": verdict} for verdict in verdicts]


def answer(name, rule, verdict):
    return {"id": name, "split": "test", "rule": rule, "verdict": verdict}


def audited(lines, texts=None, most=0.1):
    return audit_of([lines], [texts or [""] * len(lines)], most)


def test_passed_faults_are_counted_by_kind_and_failures_left_out():
    lines = planted(faults.ENGLISH, "complied", "unreadable", "failed")
    lines += planted(faults.OPPOSITE, "refused", "complied", right="refused")
    found = audited(lines)
    assert found["faults"][faults.ENGLISH] == {"planted": 3, "failed": 1, "passed": 1}
    assert found["faults"][faults.OPPOSITE] == {"planted": 2, "failed": 0, "passed": 1}
    assert (found["judged"], found["passed"], found["share"]) == (4, 2, 0.5)


@pytest.mark.parametrize(("passed", "decides"), [(0, True), (1, True), (2, False)])
def test_a_judge_decides_up_to_the_share_that_is_named(passed, decides):
    lines = planted(faults.LOOP, *["complied"] * passed, *["unreadable"] * (10 - passed))
    assert audited(lines)["decides"] is decides


def test_a_judge_that_failed_at_every_fault_decides_nothing():
    found = audited(planted(faults.LOOP, "failed", "failed"), most=1.0)
    assert found["share"] is None and found["decides"] is False


def test_noise_is_unequal_verdicts_on_equal_inputs():
    lines = planted(faults.TWICE, "refused", "complied", place=1) + planted(faults.TWICE, "empty", "empty", place=2)
    lines += planted(faults.TWICE, "refused", "failed", place=3)
    found = audited(lines)
    assert found["twice"] == {"inputs": 2, "unequal": 1} and found["judged"] == 0


def test_equal_answers_of_several_files_are_equal_inputs():
    one, two = [answer("a", "refused", "refused")], [answer("a", "refused", "complied")]
    texts = [inputs_of(lines, {("test", "a", 0): {"answer": "싫어요"}}) for lines in (one, two)]
    assert audit_of([one, two], texts, 0.1)["equal"] == {"inputs": 1, "unequal": 1}
    texts[1] = inputs_of(two, {("test", "a", 0): {"answer": "좋아요"}})
    assert audit_of([one, two], texts, 0.1)["equal"] == {"inputs": 0, "unequal": 0}


def test_disagreement_is_of_what_both_give_a_score():
    lines = [answer("a", "refused", "refused"), answer("b", "refused", "complied"), answer("c", "complied", "complied")]
    lines += [answer("d", "refused", "failed"), answer("e", "unreadable", "complied")]
    found = disagreement(lines + planted(faults.LOOP, "complied"))
    assert (found["both"], found["unequal"]) == (3, 1) and found["kappa"] == pytest.approx(0.4)
    assert disagreement([answer("a", "refused", "refused")])["kappa"] is None
    assert disagreement([]) == {"both": 0, "unequal": 0, "kappa": None}
    assert counts_of(lines, "verdict") == {"refused": 1, "complied": 3, "failed": 1}
