"""The tables on ensembles: an upper bound is called one and is never best, a member's share is counted."""

from __future__ import annotations

import fake_results


def test_the_oracle_is_marked_as_upper_bound_and_never_best(hostile):
    document = hostile.table("ensembles")
    oracles = [row for row in document["rows"] if row[1]["text"] == "oracle (upper bound of char-F1)"]
    assert len(oracles) == 2
    assert not any(cell.get("strong") for row in oracles for cell in row)
    assert document["rows"][0][1]["text"].startswith("best member: ")


def test_each_split_begins_with_its_best_member(plain):
    document = plain.table("ensembles")
    size = 1 + len(fake_results.METHODS)
    assert [row[0].get("text", "") for row in document["rows"]] == [
        "test", *[""] * (size - 1), "test-unseen", *[""] * (size - 1)
    ]  # fmt: skip
    assert document["rules"] == [size]
    names = [column["name"] for column in document["columns"]]
    assert document["rows"][0][names.index("p")] == {}, "the best member is not compared with itself"


def test_the_oracle_is_a_bound_of_the_metric_that_it_maximises_alone(plain):
    marked = [key for key, entry in plain.numbers.items() if entry.get("bound") == "upper"]
    finding = [f"econ-qa.finding.best.oracle.{split}" for split in ("test", "test-unseen")]
    of_valid = [f"econ-qa.oracle.ensemble.{split}.char_f1" for split in ("valid", "test", "test-unseen")]
    assert sorted(marked) == sorted([*finding, *of_valid])
    note = plain.table("ensembles")["notes"][0]
    assert "no choice among these answers can have a higher char-F1" in note
    assert "of exact match and similarity it is no bound" in note


def test_an_oracle_of_another_metric_than_the_studys_is_called_no_bound(plain, tmp_path):
    made = plain.copied(tmp_path / "other", primary_metric="similarity")
    numbers = made.gather()
    assert "bound" not in numbers["econ-qa.finding.best.oracle.test"]


def test_each_ensemble_says_how_its_answers_ended(plain):
    document = plain.table("ensembles")
    names = [column["name"] for column in document["columns"]]
    shown = [row[names.index("answers")]["text"] for row in document["rows"]]
    assert all(text.startswith(("60 / ", "24 / ")) for text in shown) and len(shown) == 12
    assert "test: n = 60; test-unseen: n = 24. Answers: rows asked / answers cut off" in document["notes"][0]


def test_each_member_of_each_ensemble_has_a_row(plain):
    document = plain.table("members")
    names = [column["name"] for column in document["columns"]]
    rows = [{name: cell.get("text", "") for name, cell in zip(names, row, strict=True)} for row in document["rows"]]
    assert len(rows) == len(fake_results.METHODS) * 2 * len(fake_results.MEMBERS)
    assert [row["member"] for row in rows[:3]] == fake_results.MEMBERS
    assert [row["split"] for row in rows[:4]] == ["test", "", "", "test-unseen"]
    assert sum(int(row["chosen"]) for row in rows[:3]) == fake_results.SPLITS["test"]


def test_a_study_without_ensembles_has_empty_tables_of_them(plain, tmp_path):
    made = plain.copied(tmp_path / "none", ensembles=None)
    path = "results/mini/econ-qa/statistics.json"

    def without(statistics):
        statistics["means"] = [one for one in statistics["means"] if one["model"] != "ensemble"]
        statistics["pairs"] = [one for one in statistics["pairs"] if one["b"]["model"] != "ensemble"]

    made.change(path, without)
    made.gather()
    made.make_tables()
    assert (made.table("ensembles")["rows"], made.table("members")["rows"]) == ([], [])
