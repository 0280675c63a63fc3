"""The table of held-out answers: a section a split, and what one unit is called."""

from kotune.report.perplexity import table

ONE = {"model": "tiny", "rows": 60, "units": 40, "seeds": 2, "value": 9.4321, "low": 8.1, "high": 10.9,
       "different": 0.5, "recited": 0.125}  # fmt: skip


def test_arms_stand_together_by_split():
    found = [{**ONE, "arm": arm, "split": split} for arm in ("base", "talk") for split in ("valid", "test")]
    made = table([*found, {**ONE, "arm": "one", "split": "test", "low": None, "high": None}], "answer")
    assert [row[0].text for row in made.rows] == ["test", "", "", "valid", ""]
    assert [row[2].text for row in made.rows] == ["base", "talk", "one", "base", "talk"]
    assert [cell.text for cell in made.rows[0]][6:] == ["9.43 (8.10 to 10.90)", "50.0", "12.5"]
    assert made.rows[2][6].text == "9.43", "one unit has no interval"
    assert [column.title for column in made.columns][4] == "answers" and "over answers" in made.notes[0]
