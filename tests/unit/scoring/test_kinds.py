"""The plain rule for kinds of answers, and how its accuracy is counted."""

import pytest

from kotune.scoring.kinds import kind_of, measured


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("3.5%", "number"), ("45억달러", "number"), ("세 명", "number"), ("2년 이하", "number"),
        ("2024년 5월", "date"), ("18일", "date"), ("월요일", "date"), ("2분기", "date"),
        ("김영희", "person"), ("이명박 대통령", "person"), ("박선원 박사", "person"),
        ("한국은행", "organisation"), ("상명대학교", "organisation"), ("민주통합당", "organisation"),
        ("서울특별시", "place"), ("용인시", "place"), ("영등포역", "place"), ("러시아", "place"),
        ("성선설", "other"), ("심장병", "other"), ("특별 사면", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_what_kind_of_thing_an_answer_is(answer, kind):
    assert kind_of(answer) == kind


def test_accuracy_is_counted_by_kind():
    found = measured([("3.5%", "number"), ("2024년", "date"), ("절반", "number"), ("7세", "person")])
    assert found["number"] == {"said": 2, "right": 1, "labelled": 2}
    assert found["person"] == {"said": 0, "right": 0, "labelled": 1}
