"""At a glance: each cell is the text of the number that it names, with its interval."""

from __future__ import annotations


def rows(made):
    return {row[0]["text"]: row[1:] for row in made.table("glance")["rows"]}


def test_the_selected_model_the_ensemble_and_the_bound_are_shown_with_intervals(plain):
    found = rows(plain)
    winner = plain.numbers["econ-qa.finding.selected.winner"]["name"]
    assert list(found)[:3] == [
        f"{winner} before tuning",
        f"{winner} after tuning (qlora), selected on valid",
        "ensemble of 3: majority, then F1 sum",
    ]
    assert all(title.startswith("upper bound: ") for title in list(found)[3:])
    for cells in found.values():
        for cell in cells:
            entry = plain.numbers[cell["key"]]
            assert cell["text"] == f"{entry['text']} {entry['interval']}"


def test_without_ensembles_two_rows_are_left(plain, tmp_path):
    made = plain.copied(tmp_path / "copy", ensembles=None)
    made.change(
        "results/mini/econ-qa/statistics.json",
        lambda document: document.update(
            means=[one for one in document["means"] if one["model"] != "ensemble"],
            pairs=[one for one in document["pairs"] if one["b"]["model"] != "ensemble"],
        ),
    )
    made.gather()
    made.make_tables()
    assert len(rows(made)) == 2
