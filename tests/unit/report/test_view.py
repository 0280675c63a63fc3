"""A study as its report sees it: whose scores are where, what the text speaks of, how files are called in print."""

from __future__ import annotations

from pathlib import Path

import fake_results
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import write_json
from kotune.report.view import Report, gold_text

FOLDER = Path("results/mini/econ-qa")


@pytest.fixture
def report():
    return Report(fake_results.settings(), FOLDER)


@pytest.fixture
def tuned_when_selected(tmp_path):
    """A study that tunes the selected model alone."""
    settings = fake_results.settings()
    settings["arms"]["qlora"]["models"] = ["selected"]
    write_json(tmp_path / "selection.json", {"winner": {"model": "tiny-solar", "arm": "base"}})
    return Report({**settings, "ensembles": None}, tmp_path)


def test_a_setting_that_is_not_there_is_named_with_the_nearest(report):
    with pytest.raises(UserError, match="there is no key 'primary_metrik'; did you mean 'primary_metric'"):
        report["primary_metrik"]


def test_the_text_speaks_of_the_ensembles_arm_and_of_the_ensemble_that_the_study_names(report):
    assert (report.main_arm, report.main_method) == ("qlora", "majority_then_f1")
    assert report.main == report["arms"]["qlora"]
    assert (report.first_arm, report.first) == ("base", report["arms"]["base"])


def test_a_study_that_tunes_nothing_speaks_of_its_base():
    settings = fake_results.settings()
    arms = {"base": settings["arms"]["base"]}
    report = Report({**settings, "arms": arms, "arm_order": ["base"], "ensembles": None}, FOLDER)
    assert (report.main_arm, report.main_method, report.members, report.trained()) == (None, None, [], [])
    assert report.main == report.first == arms["base"]


def test_arms_come_in_the_order_of_the_study(report):
    """JSON settings are sorted by name."""
    arms = {**report["arms"], "clean": report["arms"]["qlora"], "as_published": report["arms"]["qlora"]}
    settings = {**report.settings, "arms": arms, "arm_order": ["base", "qlora", "clean", "as_published"]}
    assert Report(settings, FOLDER).tuned_arms == ["qlora", "clean", "as_published"]


def test_the_base_of_the_selected_model_is_that_of_the_model_which_was_selected(tuned_when_selected):
    report = tuned_when_selected
    assert report.answers(("selected", "base", 42)) == report.answers(("tiny-solar", "base", 42))
    assert report.answers(("selected", "qlora", 42)) != report.answers(("tiny-solar", "qlora", 42))
    assert report.models[-1] == "selected"
    assert report.bases == [*fake_results.MODELS, "selected"]


def test_what_was_made_has_a_record_each(report):
    trained, ensembles = len(fake_results.TUNED), len(fake_results.METHODS)
    answered = len(fake_results.MODELS) + trained + ensembles
    files = report.record_files()
    assert len(files) == len(set(files)) == trained + 2 * answered
    assert files[0] == report.adapter(("tiny-gemma2", "qlora", 42)) / "record.json"


def test_where_there_are_several_seeds_the_first_stands_for_all_and_is_named(report):
    report.settings["arms"]["qlora"]["seeds"] = [7, 42]
    assert report.of_first_seed("tiny-eeve", "qlora") == ("tiny-eeve", "qlora", 7)
    assert report.one_seed_note("qlora") == " Of seed 7 alone."
    assert report.one_seed_note("base") == ""


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("results/mini/econ-qa/scores/a.jsonl", "econ-qa/scores/a.jsonl"),
        ("/home/me/kotune/resources/mini/models/a/config.json", "resources/mini/models/a/config.json"),
        ("/home/me/rows.csv", "rows.csv"),
        ("../kotune/config/published/econ-qa.yaml", "config/published/econ-qa.yaml"),
    ],
)
def test_a_file_is_called_the_same_in_every_checkout(report, path, shown):
    assert report.shown(path) == shown


def test_all_gold_answers_of_a_row_are_shown():
    assert gold_text({"answer": "5개", "golds": ["5개", "다섯 개"]}, "answer") == "5개 / 다섯 개"
    assert gold_text({"answer": "5개"}, "answer") == "5개"


def test_what_is_shared_lies_in_the_other_studys_folder_and_is_named_after_it():
    settings = fake_results.settings()
    arms = settings["arms"] | {
        "again": {**settings["arms"]["qlora"], "adapter": "qlora", "answers_with": "econ-qa.other"}
    }
    shares = {"study": "econ-qa", "arms": ["base", "qlora"]}
    order = ["base", "qlora", "again"]
    settings |= {"study": "tries", "arms": arms, "arm_order": order, "shares": shares, "ensembles": None}
    report = Report(settings, FOLDER.parent / "tries")
    assert report.rows("all", "test") == FOLDER / "rows/all/test.parquet"
    assert report.scores(("tiny-eeve", "qlora", 42)) == FOLDER / "scores/own/tiny-eeve/qlora/seed42.jsonl"
    own = report.scores(("tiny-eeve", "again", 42))
    assert own == FOLDER.parent / "tries/scores/own/tiny-eeve/again/seed42.jsonl"
    assert report.adapter(("tiny-eeve", "again", 42)) == FOLDER / "adapters/tiny-eeve/qlora/seed42"
    assert report.shown(own).startswith("tries/") and report.shown(report.rows("all", "test")).startswith("econ-qa/")
    assert (report.tuned_arms, report.trained_arms, report.main_arm) == (["qlora", "again"], ["qlora"], "again")
    assert {arm for _, arm, _ in report.trained()} == {"qlora"}
    assert ("tiny-eeve", "all", "econ-qa.other") in report.prompts()


def test_the_base_asked_otherwise_is_compared_and_is_not_tuned():
    settings = fake_results.settings()
    settings["arms"]["shots"] = {**settings["arms"]["base"], "adapter": "base"}
    report = Report({**settings, "arm_order": ["base", "shots", "qlora"], "ensembles": None}, FOLDER)
    assert (report.other_arms, report.tuned_arms, report.trained_arms) == (["shots", "qlora"], ["qlora"], ["qlora"])
    assert report.main_arm == "qlora"
