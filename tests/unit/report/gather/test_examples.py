"""Examples: rows chosen by rule, the same ones for the same scores, with the score of each answer shown."""

from __future__ import annotations

import pytest

from kotune.core.storage import read_json
from kotune.report.gather.examples import Scores, best_tuned, choose_examples, shown_sides
from kotune.report.view import Report


@pytest.fixture
def report(plain):
    return Report(plain.settings, plain.study)


def chosen(report):
    best = best_tuned(read_json(report.folder / "selection.json"), report)
    scores = Scores(report)
    return best, scores, {example.name: example for example in choose_examples(report, scores, best)}


def test_there_is_an_example_for_each_rule(report):
    _, _, examples = chosen(report)
    of_splits = [f"{name}.{split}" for name in ("gain", "loss", "wrong") for split in ("test", "test-unseen")]
    assert set(examples) == {*of_splits, "rescued", "spoilt"}


def test_the_largest_gain_is_the_largest_there_is(report):
    best, scores, examples = chosen(report)
    gains = {
        row: scores.primary(best, row) - scores.primary((best[0], "base"), row) for row in scores.rows(best, "test")
    }
    example = examples["gain.test"]
    assert gains["test", example.id] == max(gains.values())
    assert example.id == min(row[1] for row, gain in gains.items() if gain == max(gains.values()))


def test_every_member_is_wrong_where_the_rule_says_so(report):
    _, scores, examples = chosen(report)
    row = ("test", examples["wrong.test"].id)
    assert not any(scores.right((member, "qlora"), row) for member in report.members)


def test_the_ensemble_is_right_where_its_favourite_is_wrong(report):
    _, scores, examples = chosen(report)
    favourite, ensemble = (report["ensembles"]["favourite"], "qlora"), ("ensemble", report.main_method)
    if examples["rescued"].id:
        row = ("test", examples["rescued"].id)
        assert (scores.right(favourite, row), scores.right(ensemble, row)) == (False, True)
    if examples["spoilt"].id:
        row = ("test", examples["spoilt"].id)
        assert (scores.right(favourite, row), scores.right(ensemble, row)) == (True, False)
    assert examples["rescued"].id or examples["spoilt"].id


def test_each_answer_that_is_shown_has_its_score_among_the_numbers(report, plain):
    best, scores, examples = chosen(report)
    example = examples["gain.test"]
    for model, arm in shown_sides(report, best):
        entry = plain.numbers[f"econ-qa.example.gain.test.{arm}.{model}"]
        assert entry["value"] == scores.primary((model, arm), ("test", example.id))
        assert (entry["row"], entry["split"]) == (example.id, "test")


def test_an_example_shows_the_best_models_base_itself_the_members_and_the_ensemble(report):
    sides = shown_sides(report, ("tiny-qwen2", "qlora"))
    members = [(member, "qlora") for member in report.members]
    assert sides == [("tiny-qwen2", "base"), ("tiny-qwen2", "qlora"), *members, ("ensemble", "majority_then_f1")]


def test_a_study_may_name_arms_that_are_shown_beside_the_best_one(plain):
    arms = {**plain.settings["arms"], "other": plain.settings["arms"]["qlora"]}
    report = Report({**plain.settings, "arms": arms, "shown": ["other", "qlora"], "ensembles": None}, plain.study)
    sides = shown_sides(report, ("tiny-qwen2", "qlora"))
    assert [arm for _, arm in sides] == ["base", "other", "qlora"]


def test_a_study_that_tunes_nothing_has_no_best(plain):
    arms = {"base": plain.settings["arms"]["base"]}
    report = Report({**plain.settings, "arms": arms, "arm_order": ["base"], "ensembles": None}, plain.study)
    best, _, examples = chosen(report)
    assert (best, examples) == (None, {})
