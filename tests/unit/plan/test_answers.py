"""What answering is asked: the prompts of an evaluation, what ends an answer, whose answers are combined or submitted."""

import pytest
from plans import Job, plan_for

from kotune.plan import answers

TUNED = Job(study="econ-qa", evaluation="own", model="tiny-gemma2", arm="qlora", seed="42")
SELECTED = Job(study="context-qa", evaluation="own", model="selected", arm="clean", seed="42")


@pytest.fixture(scope="module")
def plan():
    return plan_for()


def test_every_split_with_answers_is_asked(plan):
    folder = "results/mini/econ-qa/prompts/tiny-gemma2/all/econ-qa.clean"
    assert answers.prompts(plan, TUNED) == [f"{folder}/{split}.parquet" for split in plan.studies["econ-qa"].answered]


def test_a_base_answers_in_the_precision_that_it_is_tuned_in(plan):
    assert answers.quantization(plan, TUNED) == answers.quantization(plan, Job(TUNED, arm="base"))


def test_an_answer_ends_where_its_family_says(plan):
    generation = answers.generation(plan, TUNED)
    assert generation["stop"] == ["<end_of_turn>", "<eos>"] and generation["do_sample"] is False


def test_the_selected_models_answers_wait_for_its_settings():
    plan = plan_for("context-qa")
    assert answers.generation(plan, SELECTED) is None
    folder = "results/mini/context-qa/selected"
    assert answers.selected_files(plan, SELECTED) == [
        f"{folder}/model.json",
        f"{folder}/generation-context-qa.two_turn.json",
    ]
    assert answers.selected_files(plan, Job(SELECTED, model="long-qwen2")) == []


def test_an_ensemble_is_made_of_its_members_answers_to_the_same_evaluation(plan):
    wildcards = Job(study="econ-qa", evaluation="own", method="majority", seed="42")
    members = plan.studies["econ-qa"].ensemble_members()
    assert answers.ensemble(plan, wildcards)["members"] == members
    assert answers.members(plan, wildcards) == [
        f"results/mini/econ-qa/answers/own/{member}/qlora/seed42.jsonl" for member in members
    ]


@pytest.fixture(scope="module")
def competing(tmp_path_factory):
    """A plan of econ-qa on rows of a competition: the test rows have no answers."""
    folder = tmp_path_factory.mktemp("open")
    rows = [f"T_{number},글 {number},물음,답\n" for number in range(20)]
    (folder / "train.csv").write_text("id,context,question,answer\n" + "".join(rows), encoding="utf-8")
    (folder / "test.csv").write_text("id,context,question\nQ_0,글,물음\n", encoding="utf-8")
    (folder / "sample_submission.csv").write_text("id,answer\nQ_0,\n", encoding="utf-8")
    return plan_for(data={"econ-qa": str(folder)})


def test_only_an_upper_bound_leaves_out_rows_without_gold(competing):
    wildcards = Job(study="econ-qa", evaluation="own", method="oracle", seed="42")
    assert answers.ensemble(competing, wildcards)["skip_splits"] == ["submission"]
    assert "skip_splits" not in answers.ensemble(competing, Job(wildcards, method="majority"))


def test_a_submission_of_the_selected_model_reads_every_candidates_answers(competing):
    wildcards = Job(study="econ-qa", model="selected", arm="qlora", seed="42")
    names = competing.studies["econ-qa"].arms["qlora"]["models"]
    asked = answers.submission(competing, wildcards)
    assert asked["candidates"] == names and asked["columns"] == {"id": "id", "answer": "answer"}
    assert answers.submission_answers(competing, wildcards) == [
        f"results/mini/econ-qa/answers/own/{name}/qlora/seed42.jsonl" for name in names
    ]
    (sample,) = answers.submission_sample(competing, wildcards)
    assert sample.endswith("sample_submission.csv")
    assert answers.submission_rows(competing, wildcards) == ["results/mini/econ-qa/rows/all/submission.parquet"]
