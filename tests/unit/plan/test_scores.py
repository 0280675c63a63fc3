"""What is scored and compared, against which rows, and whose scores stand under the name `selected`."""

from dataclasses import replace

import pytest
from changed_study import changed_study
from plans import Job, plan_for

from kotune.core.errors import UserError
from kotune.core.names import OWN
from kotune.plan import answers, choice, scores


@pytest.fixture(scope="module")
def plan():
    return plan_for()


@pytest.fixture(scope="module")
def choosing():
    return plan_for("context-qa")


def test_scoring_is_asked_the_studys_metrics_and_embedder(plan):
    study = plan.studies["econ-qa"]
    asked = scores.scoring(plan, Job(study="econ-qa"))
    assert len(asked["metrics"]) == len(study.settings["metrics"])
    assert asked["embedder"]["name"] == study.embedder["name"] and "skip_splits" not in asked


def test_an_embedder_of_the_hub_is_read_from_its_snapshot():
    full = plan_for(scale="full", data={"econ-qa": "klue-mrc-news"})
    (file,) = scores.embedder_file(full, Job(study="econ-qa"))
    name = full.studies["econ-qa"].embedder["name"]
    assert file == full.beside(f"resources/hub/models/{name}/snapshot.json")


def test_where_no_metric_needs_an_embedder_none_is_asked_for():
    full = plan_for(scale="full", data={"econ-qa": "klue-mrc-news"})
    own = replace(full.studies["econ-qa"].own, metrics=["exact_match", "char_f1"])
    full.studies["econ-qa"] = replace(full.studies["econ-qa"], evaluations={OWN: own})
    assert scores.embedder_file(full, Job(study="econ-qa")) == []
    assert "embedder" not in scores.scoring(full, Job(study="econ-qa"))


@pytest.mark.parametrize(("given", "found"), [({}, "zero"), ({"overlong": "leave_out"}, "leave_out")])
def test_what_becomes_of_rows_that_are_too_long_reaches_every_job_that_compares(tmp_path, given, found):
    folder = tmp_path / "checkout"
    folder.mkdir()
    changed = {
        name: changed_study(folder, lambda study: study.update(given), name) for name in ("econ-qa", "context-qa")
    }
    plan = plan_for("econ-qa")
    plan.studies["econ-qa"] = changed["econ-qa"]
    wildcards = Job(study="econ-qa", compared="statistics", evaluation="own", method="majority", seed="42")
    assert scores.comparing(plan, wildcards)["overlong"] == found
    assert answers.ensemble(plan, wildcards)["overlong"] == found
    choosing = plan_for("context-qa")
    choosing.studies["context-qa"] = changed["context-qa"]
    assert choice.embedders(choosing, Job(study="context-qa"))["overlong"] == found
    assert scores.comparing(choosing, Job(study="context-qa", compared="candidates"))["overlong"] == found


def test_another_word_than_these_two_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(UserError, match=r"econ-qa.yaml.*overlong.*leave-out.*(leave_out|zero)"):
        changed_study(tmp_path, lambda study: study.update(overlong="leave-out"))


def test_rows_are_those_that_have_answers(plan):
    rows = scores.evaluation_rows(plan, Job(study="econ-qa", evaluation="own"))
    assert rows == scores.evaluation_rows(plan, Job(study="econ-qa"))
    assert [path.rpartition("/")[2] for path in rows] == ["valid.parquet", "test.parquet", "test-unseen.parquet"]


def test_everything_is_compared_ensembles_among_it(plan):
    wildcards = Job(study="econ-qa", compared="statistics")
    files = scores.files(plan, wildcards)
    assert len(files) == 5 + 4 + 5 and len(set(files)) == len(files)
    assert "results/mini/econ-qa/scores/own/ensemble/majority/seed42.jsonl" in files
    assert all(file.startswith(scores.folder(plan, wildcards)) for file in files)


def test_a_selection_is_made_on_the_valid_split_and_the_candidates_alone(choosing):
    wildcards = Job(study="context-qa", compared="candidates")
    asked = scores.comparing(choosing, wildcards)
    assert asked["splits"] == ["valid"] and len(asked["metrics"]) == 1
    assert {label["model"] for label in scores.labels(choosing, wildcards)} == set(
        choosing.studies["context-qa"].models
    )
    assert scores.selected_file(choosing, wildcards) == []


def test_the_selected_base_is_labelled_by_the_file_that_names_its_model(choosing):
    *_, last = scores.labels(choosing, Job(study="context-qa", compared="statistics"))
    file = "results/mini/context-qa/selected/model.json"
    assert last == {"model": "selected", "arm": "base", "seed": 42, "scores_of": file}
    assert scores.selected_file(choosing, Job(study="context-qa", compared="statistics")) == [file]


def test_a_study_that_tunes_its_candidates_needs_no_selection_to_compare(plan):
    wildcards = Job(study="econ-qa", compared="statistics")
    assert scores.selected_file(plan, wildcards) == []
    assert not any("scores_of" in label for label in scores.labels(plan, wildcards))
