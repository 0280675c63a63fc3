"""Ratings are held against a second source of labels, which they did not learn from."""

import pytest
from rated_lines import LINES

from kotune.core.errors import UserError
from kotune.core.names import UNIT
from kotune.curation.second_labels import second_sources

ASKED = {"threshold": 3, "seed": 1, "second_labels": {"path": "/a/others.csv"}}
# r1 and r2 are held out; r6 has a second label alone
SIXTH = {**LINES[0], "id": "r6", UNIT: "a6", "label": None, "held_out": False, "rating": 4.0}


def test_without_a_second_source_nothing_is_said():
    assert second_sources(LINES, {}, ASKED) == []


def test_rows_that_were_learned_do_not_judge_by_a_second_source_either():
    twin = {**SIXTH, "id": "r7", UNIT: LINES[2][UNIT]}  # of a unit that was learned
    labels = {"r1": 2.0, "r2": 0.0, "r3": 5.0, "r6": 4.0, "r7": 0.0}
    (found,) = second_sources([*LINES, SIXTH, twin], labels, ASKED)
    assert (found["source"], found["rows"], found["positive"]) == ("others.csv", 3, 1)
    assert found["binary_f1"]["value"] == pytest.approx(2 / 3, abs=1e-4)  # r6 rightly, r1 wrongly
    assert found["macro_f1"]["value"] < 0.5
    # the first labels against the second: r1 5 and 2, r2 1 and 0, r3 4 and 5
    assert found["between"] == {"rows": 3, "binary_f1": pytest.approx(2 / 3, abs=1e-4), "macro_f1": 0.0}


def test_what_is_known_of_the_rows_judges_by_the_binary_f1_alone():
    (found,) = second_sources(LINES, {}, {**ASKED, "truth": "noise"})
    assert (found["kind"], found["source"], found["positive"], found["rows"]) == ("truth", "noise", 1, 2)
    assert found["binary_f1"]["value"] == 1.0
    assert "macro_f1" not in found


def test_second_labels_of_learned_rows_alone_are_refused():
    with pytest.raises(UserError, match="quality.second_labels: all 1 are of rows whose first labels were learned"):
        second_sources(LINES, {"r3": 2.0}, ASKED)
