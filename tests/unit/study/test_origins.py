"""Where rows come from: the data set, its stand-in, a download, or what the user brings, and which splits they have."""

import dacon_rows
import pytest
from studies import configuration, copied, study

from kotune.core.errors import UserError
from kotune.study.origins import hub_folder, snapshot_file


def study_on(path):
    return study(data={"econ-qa": str(path)})


def test_one_file_is_split_in_three(tmp_path):
    path = dacon_rows.loose(tmp_path, dacon_rows.texts(50, 10)) / "train.csv"
    study = study_on(path)
    assert (study.splits, study.answered) == (["train", "valid", "test"], ["valid", "test"])
    assert study.source | {"columns": None} == {
        "dataset": "train",
        "task": "kotune.rows.tasks.context_qa.TASK",
        "columns": None,
        "path": str(path),
        "split": {"valid": 0.1, "test": 0.1, "seed": 42},
    }
    assert (study.sample, study.submissions()) == (None, [])


@pytest.mark.parametrize("loose", [False, True])
def test_open_zip_and_its_files_bring_a_split_that_is_answered_and_not_scored(tmp_path, loose):
    made = dacon_rows.texts(50, 10)
    path = dacon_rows.loose(tmp_path / "open", made) if loose else dacon_rows.archived(tmp_path / "open.zip", made)
    study = study_on(path)
    assert study.source["dataset"] == "dacon-236291"
    assert study.evaluated == ["valid", "test"]
    assert study.answered == ["valid", "test", "submission"]
    assert study.unscored == ["submission"]
    assert study.source["files"] == {"submission": f"{path}/test.csv"}
    assert study.sample == f"{path}/sample_submission.csv"
    assert "sample" not in study.source, "another sample prepares no rows anew"
    assert study.submissions() == [("selected", "qlora", 42), ("ensemble", "majority_then_f1", 42)]


def test_test_rows_with_answers_are_scored_and_not_submitted(tmp_path):
    made = dacon_rows.texts(50, 10)
    made["test.csv"] = "id,context,question,answer\nT_1,가,나,다\n"
    study = study_on(dacon_rows.loose(tmp_path / "mine", made))
    assert study.source["dataset"] == "mine"
    assert study.answered == study.evaluated == ["valid", "test"]
    assert list(study.source["files"]) == ["test"]
    assert study.submissions() == []


def test_a_stand_in_takes_the_place_of_rows_at_mini_scale():
    rows = study()
    assert rows.source["dataset"] == "mini-econ-news" and rows.hub_dataset is None
    assert rows.splits == list(rows.source["files"]) == ["train", "valid", "test", "test-unseen"]


def test_a_download_keeps_what_is_reported_apart_from_what_is_selected_on():
    """The hub has train and valid: its valid is our test, and our valid is cut from its train."""
    rows = study(scale="full", data={"econ-qa": "klue-mrc-news"})
    folder = hub_folder("datasets", "klue-mrc-news")
    assert rows.hub_dataset == "klue-mrc-news" and "hub" not in rows.source
    assert rows.source["path"] == f"{folder}/train.parquet"
    assert rows.source["files"] == {"test": f"{folder}/valid.parquet"}
    assert rows.splits == ["train", "valid", "test"] and rows.source["split"]["valid"] == 0.1
    assert snapshot_file("datasets", "klue-mrc-news").startswith(folder)


def test_a_download_of_train_alone_is_cut_in_three_and_its_rows_are_numbered():
    rows = study("safe-chat", scale="full")
    assert rows.source["path"] == f"{hub_folder('datasets', 'korean-safe-conversation')}/train.parquet"
    assert "files" not in rows.source and rows.splits == ["train", "valid", "test"]
    assert rows.source["numbered"] and rows.source["split"]["test"] == 0.04


def test_a_repository_named_in_place_of_a_studys_rows_is_cut_by_article_like_a_download():
    rows = study("korquad", scale="full", data={"korquad": "korquad-1.0-dev"})
    assert rows.hub_dataset == "korquad-1.0-dev"
    assert rows.source["path"] == f"{hub_folder('datasets', 'korquad-1.0-dev')}/train.parquet"
    assert rows.splits == ["train", "valid", "test", "test-seen"] and rows.source["columns"]["article"] == "article"


def test_rows_that_nobody_may_hand_out_must_be_brought():
    with pytest.raises(UserError, match=r"econ-qa.yaml: the rows of 'dacon-236291' must be brought by you\. "):
        study(scale="full")


def test_a_rehearsal_without_rows_has_the_splits_and_no_files():
    rows = study(scale="rehearsal")
    assert rows.splits == ["train", "valid", "test"] and not {"path", "files"} & rows.source.keys()


def test_a_path_in_a_users_home_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.csv").write_text("id,context,question,answer\n1,a,b,c\n", encoding="utf-8")
    assert study_on("~/mine.csv").source["path"] == str(tmp_path / "mine.csv")


def test_a_substitute_takes_the_place_of_rows_that_cannot_be_had(tmp_path):
    path = copied(tmp_path) / "config/studies/econ-qa.yaml"
    text = path.read_text(encoding="utf-8")
    for substitute in configuration()["datasets"]["dacon-236291"]["substitutes"]:
        path.write_text(text.replace("dataset: dacon-236291", f"dataset: {substitute}"), encoding="utf-8")
        stand_in = configuration()["datasets"][substitute]["stand_in"]
        assert study(root=tmp_path).source["dataset"] == stand_in


def test_a_share_of_test_seen_makes_one_split_more_of_rows_in_one_file(tmp_path):
    root = copied(tmp_path)
    file = root / "config/studies/econ-qa.yaml"
    text = file.read_text(encoding="utf-8").replace("test: 0.1, seed", "test: 0.1, test-seen: 0.05, seed")
    file.write_text(text, encoding="utf-8")
    path = dacon_rows.loose(tmp_path, dacon_rows.texts(50, 10)) / "train.csv"
    rows = study(root=root, data={"econ-qa": str(path)})
    assert rows.splits == ["train", "valid", "test", "test-seen"] and rows.source["split"]["test-seen"] == 0.05
    assert study(root=root).splits == ["train", "valid", "test", "test-unseen"], "files that are splits are not cut"


def test_the_article_of_a_row_is_a_column_that_every_task_may_have():
    rows = study(scale="full", data={"econ-qa": "korquad-1.0"})
    assert rows.source["columns"]["article"] == "article", "the download leaves it under our name"


def test_a_bundled_file_of_all_rows_is_cut_as_the_study_says():
    rows = study(data={"econ-qa": "mini-korquad"})
    assert rows.source["path"] == "resources/mini/korquad/rows.json.xz" and "files" not in rows.source
    assert rows.splits == ["train", "valid", "test"] and rows.source["split"]["seed"] == 42


def test_a_benchmarks_items_are_rows_at_any_scale():
    for given in ({}, {"scale": "full"}):
        one = study("kobest", **given)
        assert (one.source["items"], one.splits) == ("kobest", ["train", "valid", "test"])


def test_items_of_a_benchmark_that_the_study_does_not_ask_are_refused(tmp_path):
    root = copied(tmp_path)
    path = root / "config/studies/kobest.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  kobest: [base, tuned]", "  {}"), encoding="utf-8")
    with pytest.raises(UserError, match="'kobest-v1-items' is what the evaluation 'kobest' asks; name that under"):
        study("kobest", root)
