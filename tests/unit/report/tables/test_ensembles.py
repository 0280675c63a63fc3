"""The tables on ensembles: an upper bound is called one and is never best, a member's share is counted."""

from __future__ import annotations

import fake_results


def test_the_oracle_is_marked_as_upper_bound_and_never_best(hostile):
    document = hostile.table("ensembles")
    oracles = [row for row in document["rows"] if row[1]["text"] == "oracle (upper bound)"]
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
    assert document["rows"][0][-1] == {}, "the best member is not compared with itself"


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
