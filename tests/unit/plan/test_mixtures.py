"""What mixing rows is asked, which files it reads, and what becomes of its rows."""

import pytest
from mixture_study import plan_of_mixture
from plans import Job

from kotune.plan import data, mixtures, preflight, report, training

JOB = Job(study="safe-chat", rowset="all")
ROWS = "results/mini/safe-chat/mixture/rows.parquet"


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return plan_of_mixture(tmp_path_factory.mktemp("mixture"))


def test_a_mixture_is_made_of_the_parts_files_by_the_first_models_tokenizer(plan):
    asked = mixtures.settings(plan, JOB)
    assert [part["path"].rpartition("/")[2] for part in asked["mixture"]["parts"]] == ["train.jsonl.xz"] * 2
    assert asked["tokenizer"]["name"] == "plain-llama-chat"
    files = mixtures.files(plan, JOB)
    assert [file.rpartition("resources/")[2] for file in files] == [
        "mini/safe-chat/train.jsonl.xz",
        "mini/models/plain-llama-chat/tokenizer.json",
    ]
    assert mixtures.modules(plan, JOB) == ["kotune.rows.tasks.chat.TASK"]


def test_rows_are_prepared_from_the_mixtures_file(plan):
    found = data.source(plan, JOB)
    assert (found["path"], found["dataset"]) == (ROWS, "toy")
    assert "mixture" not in found and found["max_row_chars"] == 1900
    assert data.source_files(plan, JOB) == [ROWS]


def test_its_tables_read_what_trainings_learn(plan):
    asked = mixtures.tables(plan, JOB)
    assert asked["document"] == "results/mini/safe-chat/mixture/mixture.json"
    assert [one["path"] for one in asked["prompts"]] == mixtures.prompts(plan, JOB)
    assert asked["prompts"][0] == {
        "model": "plain-llama-chat",
        "arms": ["tuned"],
        "parts": ["own", "hub"],
        "path": "results/mini/safe-chat/prompts/plain-llama-chat/all/safe-chat.clean/train.parquet",
    }
    assert "results/mini/safe-chat/tables/mixture-seen.html" in report.targets(plan)
    assert "results/mini/safe-chat/figures/mixture.svg" in report.targets(plan)


def test_what_a_training_draws_again_is_told_with_its_recipe(plan, tmp_path):
    job = Job(study="safe-chat", model="plain-llama-chat", arm="tuned", seed="3407")
    assert "redraw" not in training.recipe(plan, job)
    parts = {"own": {"dataset": "mini-safe-chat", "weight": 0.5, "redraw_each_epoch": True}}
    again = plan_of_mixture(tmp_path, parts)
    assert training.recipe(again, job)["redraw"] == {"seed": 42, "parts": {"own": 0.5}}
    assert mixtures.tables(again, JOB)["redrawn"] == {"seed": 42, "parts": {"own": 0.5}}


def test_each_part_of_the_hub_is_asked_for_before_a_run(tmp_path):
    plan = plan_of_mixture(tmp_path, scale="small")
    asked = [(one["kind"], one["name"]) for one in preflight.everything(plan)]
    assert ("dataset", "korean-safe-conversation") in asked
    assert any(one.endswith("korean-safe-conversation/snapshot.json") for one in mixtures.files(plan, JOB))
