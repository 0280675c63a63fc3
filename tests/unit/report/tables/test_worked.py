"""The table of the worked example: a line for each member of each pattern, the chosen one strong."""

from __future__ import annotations

import fake_results

from kotune.core.storage import read_parquet
from kotune.report.gather.worked import cases
from kotune.report.view import Report


def lines(made):
    document = made.table("worked-votes")
    names = [column["name"] for column in document["columns"]]
    return document, [dict(zip(names, row, strict=True)) for row in document["rows"]]


def test_each_case_has_a_line_for_each_member_and_one_is_chosen(plain):
    document, rows = lines(plain)
    found = cases(Report(plain.settings, plain.study))
    assert len(rows) == sum(len(fake_results.MEMBERS) if case.id else 1 for case in found)
    place, golds = 0, {
        row["id"]: row["answer"] for row in read_parquet(plain.study / "rows/all/test.parquet").to_dicts()
    }  # fmt: skip
    for case in found:
        first = rows[place]
        assert first["votes"]["text"] == case.pattern
        if case.id is None:
            assert first["row"]["text"] == "no such row"
            place += 1
            continue
        assert (first["row"]["text"], first["gold"]["text"]) == (case.id, golds[case.id])
        of_case = rows[place : place + len(fake_results.MEMBERS)]
        chosen = [row["member"]["text"] for row in of_case if row["chosen"].get("text")]
        assert chosen == [fake_results.MEMBERS[case.chosen]]
        assert [row["member"].get("strong", False) for row in of_case].count(True) == 1
        for member, row in enumerate(of_case):
            assert float(row["sum"]["text"]) == round(case.sums[member], 3)
            assert row[f"f1.{fake_results.MEMBERS[member]}"] == {}, "an answer is not compared with itself"
        place += len(of_case)
    assert "By the rule majority, then F1 sum, on test." in document["notes"][0]


def test_without_ensembles_the_table_is_empty(plain, tmp_path):
    made = plain.copied(tmp_path / "none", ensembles=None)
    made.change("results/mini/econ-qa/statistics.json", lambda document: document.update(
        means=[one for one in document["means"] if one["model"] != "ensemble"],
        pairs=[one for one in document["pairs"] if one["b"]["model"] != "ensemble"],
    ))  # fmt: skip
    made.gather()
    made.make_tables()
    document, rows = lines(made)
    assert (rows, document["notes"]) == ([], [])
