"""Study everyday-talk from nothing: three ways of splitting, two trainings, the perplexity of answers that were held out.

Small: few steps, few prompts. What is measured on real rows is not here.
"""

import csv

import pytest
from checkout import copy_to, planned, snakemake
from shortened import rewrite

ONLY = "studies=[everyday-talk]"
MINI = "results/mini/everyday-talk"
ARMS = ["base", "talk_epochs1", "careful"]


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    folder = copy_to(tmp_path_factory.mktemp("everyday-talk") / "kotune")

    def study(content):
        content["statistics"]["resamples"] = 500
        content["scales"]["mini"] |= {"evaluations": [], "trainer": {"packing": False, "max_steps": 6}}
        content["scales"]["mini"]["generation"] = {"max_new_tokens": 8}

    rewrite(folder / "config/studies/everyday-talk.yaml", study)
    done = snakemake(folder, "--cores", "2", "--config", ONLY)
    assert done.returncode == 0, done.stdout
    return folder


def table(folder, name):
    with open(folder / MINI / f"tables/{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def share(text):
    return float(text.split()[0])


def test_a_split_by_answer_lets_none_be_copied_and_the_others_do(mini):
    by = {row["by"]: row for row in table(mini, "copies")}
    assert share(by["answer"]["in_train"]) == 0 and share(by["answer"]["retrieved"]) == 0
    assert all(share(by[way]["in_train"]) > 50 and share(by[way]["retrieved"]) > 10 for way in by if way != "answer")
    assert len(by) == 3


def test_tuning_makes_held_out_answers_likelier_on_each_split(mini):
    rows = table(mini, "perplexity")
    starts = [place for place, row in enumerate(rows) if row["split"]]
    assert [rows[place]["split"] for place in starts] == ["test", "test-seen", "valid"]
    for place in starts:
        found = {row["arm"]: share(row["value"].replace(",", "")) for row in rows[place : place + len(ARMS)]}
        assert list(found) == ARMS and max(found["talk_epochs1"], found["careful"]) < found["base"]


def test_the_chapter_is_printed_and_nothing_is_left_to_do(mini):
    assert (mini / "results/mini/paper.pdf").read_bytes().startswith(b"%PDF")
    assert planned(mini, "--config", ONLY) == {}
