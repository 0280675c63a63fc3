"""HumanEval's layout: its columns are known, and a prompt that does not end its line gets the end."""

from code_rows import TASKS, source_of

from kotune.rows.readers import read_table


def test_the_layout_names_its_columns_and_ends_its_prompts(tmp_path):
    table = read_table(source_of(tmp_path)["files"]["test"])
    assert table.names["output"] == "canonical_solution" and table.names["tests"] == "test"
    assert all(prompt.endswith('"""\n') for prompt in table.frame["prompt"])
    assert table.frame["prompt"][0] == TASKS[0]["prompt"]
    assert table.notes == (f"prompts of {table.path} that do not end their line: 1; each got its end",)


def test_rows_of_another_layout_stay_as_they_are(tmp_path):
    path = source_of(tmp_path, [{"prompt": "가", "id": "1"}])["files"]["test"]
    table = read_table(path)
    assert (table.names, table.notes, table.frame["prompt"][0]) == ({}, (), "가")


def test_a_rows_category_is_the_set_that_its_id_names(tmp_path):
    table = read_table(source_of(tmp_path)["files"]["test"])
    assert table.frame["category"].to_list() == [task["task_id"].split("/")[0] for task in TASKS]
