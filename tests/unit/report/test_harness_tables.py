"""Tables of the harness: floors in each row, protocol, shots and template in its name, words by one rule."""

import harness_lines
import pytest

from kotune.core.storage import read_text
from kotune.report.harness_numbers import numbers_of
from kotune.report.harness_tables import leaks_table, tables


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    settings, statistics = harness_lines.tabulated(tmp_path_factory.mktemp("toy"), items=40)
    found = tables(settings, statistics, numbers_of(settings, statistics))
    return {table.name: table for table in found}


def cells(table):
    names = [column.name for column in table.columns]
    return [{name: cell.text for name, cell in zip(names, row, strict=True)} for row in table.rows]


def test_each_row_of_accuracies_has_its_arms_and_then_its_floors(made):
    rows = cells(made["harness-kobest"])
    assert [row["arm"] for row in rows[:5]] == ["base", "tuned", "majority class", "fewest tokens", "untrained twin"]
    assert [row["row"] for row in rows[::5]] == [
        "published, 5 shots, no template", "published, 0 shots, no template", "clean, 5 shots, no template",
        "clean, 0 shots, no template",
    ]  # fmt: skip
    assert all(row[task] for row in rows for task in (*harness_lines.TASKS, "kobest"))


def test_what_is_known_to_be_wrong_with_a_task_stands_below_the_table(tmp_path):
    settings, statistics = harness_lines.tabulated(tmp_path, rows=[("clean", 0)], items=12)
    settings["warnings"] = ["toy: it hides an option"]
    told = tables(settings, statistics, numbers_of(settings, statistics))[0].notes
    assert told[-1] == "Beware: toy: it hides an option." and len(told) == 2


def test_what_is_above_every_floor_is_strong_and_no_floor_is(made):
    table = made["harness-kobest"]
    strong = {row[2].text for row in table.rows if any(cell.strong for cell in row)}
    assert strong == {"tuned"} or strong == {"tuned", "base"}


def test_numbers_are_printed_as_the_harness_prints_them_and_acc_norm_where_it_has_one(made):
    rows = cells(made["harness-kobest-metrics"])
    assert {row["task"] for row in rows if row["acc_norm"]} == {"kobest_hellaswag"}
    assert all(len(row["acc"]) == 6 and len(row["acc_stderr"]) == 6 for row in rows)
    assert all(not row["ties"] for row in rows if row["arm"] in ("majority class", "fewest tokens"))


def test_what_tuning_broke_is_a_row_for_each_arm_and_task(made):
    rows = cells(made["harness-kobest-tuning"])
    assert len(rows) == 4 * 6 and {row["arm"] for row in rows} == {"tuned"}
    assert {row["word"] for row in rows} <= {"higher", "lower", "cannot tell"}
    assert {row["above_after"] for row in rows} <= {"yes", "no"}
    for row in rows:
        assert (int(row["mended"]) - int(row["broken"]) > 0) == (float(row["difference"]) > 0)


def test_published_and_clean_stand_side_by_side_and_nowhere_else(made):
    rows = cells(made["harness-kobest-protocols"])
    assert {row["arm"] for row in rows} == {"base", "tuned"} and len(rows) == 2 * 2 * 6
    for row in rows:
        assert float(row["difference"]) == pytest.approx(float(row["clean"]) - float(row["published"]), abs=0.11)


def test_leaks_are_told_as_they_were_counted(made):
    assert cells(made["harness-kobest-leaks"]) == [
        {
            "task": "kobest_sentineg",
            "what": "originals, negated",
            "of": "train",
            "test": "39",
            "rows": "40",
            "share": "97.5",
        }
    ]


def test_what_does_not_leak_at_all_is_told_once_a_task(made):
    settings, statistics = harness_lines.settings(), {"leaks": []}
    for what, test in (("texts", 0), ("texts of validation", 0), ("premises", 43)):
        statistics["leaks"].append({"task": "kobest_copa", "what": what, "of": "train", "test": test, "rows": 1000})
    rows = cells(leaks_table(settings, statistics))
    assert [(row["what"], row["test"]) for row in rows] == [("texts", "0"), ("premises", "43")]


def test_under_one_protocol_nothing_is_compared_with_the_other(tmp_path):
    harness_lines.tabulated(tmp_path, rows=[("clean", 0)], items=12)
    page = read_text(tmp_path / "tables/harness-kobest-protocols.csv")
    assert len(page.strip().splitlines()) == 1
