"""Ratings and rules against known truth: exact precision and recall; and against a second opinion."""

from rated_lines import DOCUMENT, LINES

from kotune.report.quality_truth import agreement_table, truth_table


def row(table, name):
    names = [column.name for column in table.columns]
    return next(
        {n: cell.value for n, cell in zip(names, one, strict=True)} for one in table.rows if one[0].text == name
    )


def test_precision_and_recall_are_exact():
    table = truth_table(LINES, DOCUMENT, {"good": {"at_least": 4}})
    rating = row(table, "rated below 3")
    assert (rating["removed"], rating["precision"], rating["recall"]) == (2, 0.5, 0.5)
    assert (rating["held_precision"], rating["held_recall"]) == (1.0, 1.0)
    assert (rating["kind_undocumented"], rating["kind_wrong_docstring"]) == (1.0, 0.0)
    whole = row(table, "filter of good")
    assert (whole["removed"], whole["precision"], whole["recall"]) == (3, 2 / 3, 1.0)
    nothing = row(table, "over complex")
    assert (nothing["removed"], nothing["precision"], nothing["recall"]) == (0, None, 0.0)
    assert "what is wrong with 2 (undocumented 1, wrong docstring 1)" in table.notes[0]


def test_second_opinions_are_counted():
    hard = [{"id": one["id"], "ifd": 1.2 - one["rating"] / 10} for one in LINES[:4]] + [{"id": "r5", "ifd": None}]
    table = agreement_table(LINES, hard, 1, "tiny")
    found = row(table, "rating and difficulty (IFD)")
    assert (found["rows"], round(found["rank"], 6)) == (4, -1.0)
    assert row(table, "rating and label, held out")["rank"] is None  # two rows have no rank
    assert "Of 1 of 4 rows it is 1 or more" in table.notes[0]
