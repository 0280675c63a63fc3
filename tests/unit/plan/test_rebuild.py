"""The printed command of a paper and of each chapter: what it says, and that a dry-run of it makes exactly that study."""

import shlex

import pytest
from checkout import ROOT, snakemake
from plans import plan_for

from kotune.plan import rebuild


def test_what_is_as_shipped_is_not_said():
    assert rebuild.command(plan_for(), ["econ-qa"]) == "snakemake --cores 1 --config studies='[econ-qa]'"


def test_what_results_depend_on_is_said_and_no_folder_of_this_machine(tmp_path):
    (tmp_path / "my.csv").write_text("id,context,question,answer\n", encoding="utf-8")
    plan = plan_for(
        studies=["econ-qa", "econ-qa-tries", "context-qa"],
        seeds=[1, 2],
        data={"econ-qa": str(tmp_path / "my.csv"), "context-qa": "klue-mrc"},
        without_reasoning=["context-qa"],
    )
    found = rebuild.commands(plan)
    start = "snakemake --cores 1 --config seeds='[1, 2]'"
    assert found["studies"] == {
        "econ-qa": f"{start} data='{{econ-qa: path/to/my.csv}}' studies='[econ-qa]'",
        "econ-qa-tries": f"{start} data='{{econ-qa: path/to/my.csv}}' studies='[econ-qa-tries]'",
        "context-qa": f"{start} without_reasoning='[context-qa]' data='{{context-qa: klue-mrc}}' studies='[context-qa]'",
    }
    assert found["paper"].endswith("studies='[econ-qa, econ-qa-tries, context-qa]'")
    full = plan_for(scale="full", data={"econ-qa": "klue-mrc-news"})
    assert rebuild.command(full, ["econ-qa"]).startswith("snakemake --cores 1 --config scale=full data='{econ-qa: klue")


@pytest.mark.parametrize("study", ["econ-qa", "econ-qa-tries", "context-qa"])
def test_the_command_makes_the_papers_chapter_of_that_study_and_of_no_other(study):
    plan = plan_for(studies=["econ-qa", "econ-qa-tries", "context-qa"])
    words = shlex.split(rebuild.commands(plan)["studies"][study])
    assert words[0] == "snakemake"
    done = snakemake(ROOT, *words[1:], "--workflow-profile", "none", "-n", "-p", "--forceall")
    assert done.returncode == 0, done.stdout
    printing = [line for line in done.stdout.splitlines() if "print_paper.py" in line]
    folders = {word for line in printing for word in line.split() if word.startswith("results/mini/") and "-qa" in word}
    assert f"results/mini/{study}" in folders and len(folders) == 1
    made = {
        line.split("/")[2] for line in done.stdout.split() if line.startswith("results/mini/") and "/tables/" in line
    }
    assert made == {study}
