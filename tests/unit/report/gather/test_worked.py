"""The worked example shows a row of each pattern of votes, as the published one does, and the sums that decide."""

from __future__ import annotations

import json

import pytest

from kotune.core.names import ROOT
from kotune.core.storage import write_jsonl
from kotune.report.gather.worked import SHORT, cases, worked
from kotune.report.view import Report
from kotune.scoring.ensembles import majority_then_f1

PUBLISHED = json.loads((ROOT / "tests/data/ensemble_example.json").read_text(encoding="utf-8"))["rows"]
MEMBERS = ["A", "B", "C"]
PAIRS = (("A", "B"), ("B", "C"), ("A", "C"))


def report_of(folder, rows, members=MEMBERS):
    """A study of answers alone: id → answers in member order, None where a member was not asked."""
    ensembles = {"arm": "qlora", "members": members, "methods": ["majority_then_f1"], "main": "majority_then_f1"}
    settings = {"study": "s", "reported": ["test"], "digits": 3, "ensembles": {**ensembles, "seeds": [7]}}
    report = Report({**settings, "arms": {"qlora": {"seeds": [7]}}}, folder)
    for place, member in enumerate(members):
        lines = [
            {"id": id, "split": "test", "answer": answers[place] or "", "finish_reason": "stop"}
            | ({"finish_reason": "excluded"} if answers[place] is None else {})
            for id, answers in rows.items()
        ]
        write_jsonl(report.answers((member, "qlora", 7)), [*lines, {"id": "v", "split": "valid", "answer": "x"}])
    chosen = []
    for id, answers in rows.items():
        voters = [place for place, answer in enumerate(answers) if answer is not None]
        taken = members[voters[majority_then_f1([answers[place] for place in voters])]] if voters else None
        chosen.append({"id": id, "split": "test", "answer": "", "chosen": taken})
    write_jsonl(report.answers(("ensemble", "majority_then_f1", 7)), chosen)
    return report


def test_of_the_published_rows_each_stands_for_its_pattern(tmp_path):
    """All agree; two agree; all differ and the first, the second, the third is taken."""
    report = report_of(tmp_path, {row["id"]: row["answers"] for row in PUBLISHED})
    found = [(case.pattern, case.id, case.chosen) for case in cases(report)]
    assert found == [
        ("3:0:0", "TEST_0001", 0),
        ("2:1:0", "TEST_0008", 0),
        ("1:1:1", "TEST_0156", 0),
        ("1:1:1", "TEST_0099", 1),
        ("1:1:1", "TEST_0020", 2),
    ]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["id"])
def test_the_numbers_are_the_published_ones(tmp_path, row):
    report = report_of(tmp_path, {row["id"]: row["answers"]})
    (case,) = [case for case in cases(report) if case.id]
    numbers, start = worked(report), f"s.worked.{case.name}"
    f1 = dict(zip(PAIRS, row["f1"], strict=True))
    for (one, other), value in f1.items():
        assert numbers[f"{start}.{one}.f1.{other}"]["value"] == pytest.approx(value, abs=1e-9)
        assert numbers[f"{start}.{other}.f1.{one}"]["value"] == pytest.approx(value, abs=1e-9)
    for member in MEMBERS:
        total = sum(value for pair, value in f1.items() if member in pair)
        entry = numbers[f"{start}.{member}.sum"]
        assert entry["value"] == pytest.approx(total, abs=1e-9) and (entry["row"], entry["split"]) == (
            row["id"],
            "test",
        )
    assert case.answers[case.chosen] == row["final"]


def test_a_row_whose_answers_have_nothing_in_common_is_shown_only_where_there_is_no_other(tmp_path):
    rows = {"T_1": ["가", "나", "다"], "T_2": ["금리 인상", "금리", "환율"], "T_3": ["금리 인하", "금리", "환율"]}
    shown = {case.name: case.id for case in cases(report_of(tmp_path / "one", rows))}
    assert shown["1:1:1-1"] == "T_2"
    alone = {case.name: case.id for case in cases(report_of(tmp_path / "two", {"T_1": rows["T_1"]}))}
    assert alone == {"3:0:0": None, "2:1:0": None, "1:1:1-1": "T_1", "1:1:1-2": None, "1:1:1-3": None}


def test_a_row_that_a_member_was_not_asked_has_a_case_of_its_own(tmp_path):
    rows = {"T_1": [None, None, None], "T_2": [None, "금리", "금리 인상"]}
    report = report_of(tmp_path, rows)
    case = cases(report)[-1]
    assert (case.pattern, case.id, case.chosen, case.sums[0]) == (SHORT, "T_2", 1, None)
    numbers = worked(report)
    assert "s.worked.short.A.sum" not in numbers and "s.worked.short.B.f1.A" not in numbers
    assert numbers["s.worked.short.B.sum"]["value"] == numbers["s.worked.short.B.f1.C"]["value"] > 0


@pytest.mark.parametrize(
    ("members", "names"),
    [
        (["A", "B"], ["2:0", "1:1-1", "1:1-2"]),
        (MEMBERS, ["3:0:0", "2:1:0", "1:1:1-1", "1:1:1-2", "1:1:1-3"]),
        (["A", "B", "C", "D"], ["4:0:0:0", "3:1:0:0", *(f"2:2:0:0-{n}" for n in (1, 2, 3, 4)), "2:1:1:0",
                                *(f"1:1:1:1-{n}" for n in (1, 2, 3, 4))]),
    ],
)  # fmt: skip
def test_votes_decide_once_and_a_tie_by_member(tmp_path, members, names):
    assert [case.name for case in cases(report_of(tmp_path, {}, members))] == names


def test_a_study_without_ensembles_has_no_example(plain):
    report = Report({**plain.settings, "ensembles": None}, plain.study)
    assert (cases(report), worked(report)) == ([], {})
