"""Rows that are too long for somebody: counted, and left out for everybody where a study says so."""

import json

import pytest

from kotune.core.errors import UserError
from kotune.scoring.overlong import compared, unasked_rows

ROWS = {"valid": [{"id": "a"}, {"id": "b"}], "test": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}
ALL = [(split, row["id"]) for split, of_split in ROWS.items() for row in of_split]


def scored(folder, name, *unasked):
    path = folder / f"{name}.jsonl"
    lines = [
        {"id": id, "split": split, "metric": metric, "value": 0.0}
        | ({"asked": False} if (split, id) in unasked else {})
        for split, id in ALL
        for metric in ("exact_match", "char_f1")
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path):
    short = scored(tmp_path, "short", ("test", "a"), ("test", "c"))
    return [scored(tmp_path, "long"), short, scored(tmp_path, "other", ("test", "c"), ("valid", "b"))]


LABELS = [{"model": model, "arm": "base", "seed": 1} for model in ("long", "short", "other")]


def test_a_score_file_says_which_rows_were_not_asked(files, tmp_path):
    assert [unasked_rows(file) for file in files[:2]] == [set(), {("test", "a"), ("test", "c")}]
    assert unasked_rows(tmp_path / "none.jsonl") == set()


def test_with_zero_every_row_is_compared_and_who_was_asked_fewer_is_told(files):
    found = compared(ROWS, files, LABELS, "zero")
    assert found.rows == ROWS and not found.left_out
    assert found.told == {
        "policy": "zero",
        "splits": {
            "valid": {"rows": 2, "compared": 2, "asked": [{"model": "other", "arm": "base", "rows": 1}]},
            "test": {
                "rows": 3,
                "compared": 3,
                "asked": [{"model": "short", "arm": "base", "rows": 1}, {"model": "other", "arm": "base", "rows": 2}],
            },
        },
    }


def test_leave_out_keeps_the_rows_that_everybody_was_asked(files):
    found = compared(ROWS, files, LABELS, "leave_out")
    assert found.rows == {"valid": [{"id": "a"}], "test": [{"id": "b"}]}
    assert found.left_out == {("test", "a"), ("test", "c"), ("valid", "b")}
    assert {split: one["compared"] for split, one in found.told["splits"].items()} == {"valid": 1, "test": 1}
    # of the splits that are compared alone
    assert compared({"valid": ROWS["valid"]}, files, LABELS, "leave_out").left_out == {("valid", "b")}


def test_where_no_row_is_left_who_was_asked_the_fewest_is_named(files, tmp_path):
    nobody = [*files, scored(tmp_path, "tiny", *ALL)]
    labels = [*LABELS, {"model": "tiny", "arm": "base", "seed": 1}]
    with pytest.raises(UserError, match=r"leaves no row of 'valid' .*\(tiny/base was asked 0 of 2\); take that model"):
        compared(ROWS, nobody, labels, "leave_out")
    with pytest.raises(UserError, match="overlong: unknown 'leave-out'; did you mean 'leave_out'"):
        compared(ROWS, files, LABELS, "leave-out")
