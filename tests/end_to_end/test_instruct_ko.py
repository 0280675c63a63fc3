"""Study instruct-ko from nothing: the mixture, two trainings, KoBEST's five formats before and after, the chapter.

Small: few steps, one protocol with two examples beside none, one task of a local file. What the whole study shows:
test_studies.py.
"""

import csv
import json

import pytest
import yaml
from checkout import copy_to, planned, snakemake
from shortened import rewrite

ONLY = "studies=[instruct-ko]"
MINI = "results/mini/instruct-ko"
KOBEST = f"{MINI}/harness/kobest"
LOCAL = {
    "title": "A task of a local file",
    "harness": {
        "tasks": ["mini_wic"],
        "include": "resources/mini/benchmark/tasks",
        "dataset": "mini-kobest",
        "num_fewshot": [0],
        "protocols": ["clean"],
        "template": "none",
    },
}


def shorten(folder):
    """Make a copy's study small, and ask the base one task more."""

    def study(content):
        content["statistics"]["resamples"] = 4000
        content["evaluations"] = {"kobest": ["base", "tuned"], "local": ["base"]}
        mini = content["scales"]["mini"]
        mini["trainer"]["max_steps"], mini["generation"]["max_new_tokens"] = 10, 32

    rewrite(folder / "config/studies/instruct-ko.yaml", study)
    rewrite(folder / "config/evaluations/kobest.yaml", lambda content: content["harness"].update(num_fewshot=[2, 0]))
    local = folder / "config/evaluations/local.yaml"
    local.write_text(yaml.safe_dump(LOCAL, sort_keys=False), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    folder = shorten(copy_to(tmp_path_factory.mktemp("instruct-ko") / "kotune"))
    done = snakemake(folder, "--cores", "2", "--config", ONLY)
    assert done.returncode == 0, done.stdout
    return folder


def table(folder, name):
    with open(folder / MINI / f"tables/{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_the_chapter_is_printed_and_nothing_is_left_to_do(mini):
    assert (mini / "results/mini/paper.pdf").read_bytes().startswith(b"%PDF")
    assert planned(mini, "--config", ONLY) == {}


def test_what_cannot_be_parted_into_turns_is_counted_and_what_stands_twice_is_left_out(mini):
    mixture = read(mini, f"{MINI}/mixture/mixture.json")
    assert [fault["part"] for fault in mixture["unparsed"]] == ["guanaco"] * 3
    assert {one["name"]: one["file"]["rows"] for one in mixture["parts"]} == {
        "koalpaca": 200,
        "openorca": 240,
        "guanaco": 90,
    }
    assert (
        sum(one["exact"] for one in mixture["duplicates"] if (one["part"], one["of"]) == ("openorca", "koalpaca")) == 3
    )


def test_an_arm_of_one_part_sees_that_part_alone_and_is_asked_the_same_rows(mini):
    seen = {(row["arms"], row["part"]): row["rows"] for row in filled(table(mini, "mixture-seen"))}
    assert [part for arm, part in seen if arm == "openorca"] == ["openorca"]
    assert seen["openorca", "openorca"] == seen["tuned", "openorca"] != "0"
    asked = [
        [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]
        for path in (mini / MINI).glob("answers/own/*/*/seed42.jsonl")
    ]
    assert len(asked) == 4 and all(ids == asked[0] for ids in asked)


def filled(rows):
    """Return rows with what a cell above says, where a table leaves it out."""
    above = {}
    for row in rows:
        above |= {name: text for name, text in row.items() if text}
        yield {**above, "rows": row["rows"], "part": row["part"]}


def test_each_arm_stands_over_its_floors_under_both_protocols(mini):
    rows = table(mini, "harness-kobest")
    assert {row["arm"] for row in rows} == {"base", "tuned", "majority class", "fewest tokens", "untrained twin"}
    assert len(rows) == 5 * 4 and all(row["kobest_boolq"] for row in rows)
    statistics = read(mini, f"{KOBEST}/statistics.json")
    above = {(one["arm"], one["task"]) for one in statistics["above"] if one["above"]}
    assert ("base", "kobest_hellaswag") in above and ("base", "kobest_wic") not in above


def test_result_files_are_in_the_harness_own_layout(mini):
    found = read(mini, next((mini / KOBEST).glob("*/tuned/seed42/results-published-2shot-none.json")))
    assert found["results"]["kobest_copa"]["acc,none"] >= 0 and found["n-shot"]["kobest_copa"] == 2


def test_the_leaks_of_the_benchmark_are_counted(mini):
    leaks = {(row["task"], row["what"]): row["test"] for row in filled_leaks(table(mini, "harness-kobest-leaks"))}
    assert any(task == "kobest_sentineg" and test == "39" for (task, _), test in leaks.items()), leaks


def filled_leaks(rows):
    """Return the rows with their task."""
    task = ""
    for row in rows:
        task = row["task"] or task
        yield {**row, "task": task}


def test_a_task_of_a_local_file_includes_the_official_one(mini):
    (row,) = [row for row in table(mini, "harness-local-metrics") if row["arm"] == "base"]
    assert (row["task"], row["n"]) == ("mini_wic", "40")
