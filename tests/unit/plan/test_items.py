"""Rows of a study that learns a benchmark's items: where they lie, and what listing them is asked."""

from plans import Job, plan_for

from kotune.plan import data, items

LIST = Job(study="kobest", harness="kobest")
ROWS = Job(study="kobest", rowset="all")
FOLDER = "results/mini/kobest/harness/kobest"


def test_a_studys_rows_are_the_items_that_are_listed():
    plan = plan_for("kobest")
    files = {split: f"{FOLDER}/items/{split}.jsonl" for split in ("train", "valid", "test")}
    assert items.files(plan, "kobest", "kobest") == files
    source = data.source(plan, ROWS)
    assert source["files"] == files and "items" not in source
    assert data.source_files(plan, ROWS) == list(files.values())
    assert source["task"] == "kotune.rows.tasks.benchmark_item.TASK"


def test_items_are_listed_of_the_tasks_that_the_evaluation_asks():
    plan = plan_for("kobest")
    assert items.audit(plan, LIST) == f"{FOLDER}/data/audit.json"
    assert items.tasks(plan, LIST)[0] == "kobest_boolq" and len(items.tasks(plan, LIST)) == 5
    assert items.most(plan, LIST) == {"valid": 40, "test": 60}
    assert items.include(plan, LIST) == ""
    assert items.pattern(plan) == "kobest"


def test_studies_without_such_an_evaluation_list_nothing():
    assert items.pattern(plan_for("econ-qa")) == "nothing"
