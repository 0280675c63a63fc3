"""Arms that run at a scale, and what is left out with the others."""

import pytest
import studies
from changed_study import changed_study

from kotune.core.errors import UserError
from kotune.plan.model_cards import notes
from kotune.study.kept_arms import LEFT_OUT, LEFT_OUT_CARDS, UNASKED

ARM = {"rowset": "all", "prompt": "econ-qa.clean", "recipe": "qlora-r6"}


def change(kept, **given):
    def changed(study):
        study["arms"] |= {"second": dict(ARM), "third": dict(ARM), **given.pop("arms", {})}
        study["contrasts"] = {"kept": ["qlora", "second"], "gone": ["third", "second"]}
        study["scales"] = {"mini": {"arms": kept}}
        study.update(given)

    return changed


def test_arms_that_are_not_named_are_left_out_with_their_contrasts(tmp_path):
    found = changed_study(tmp_path, change(["base", "second", "qlora"]))
    assert list(found.arms) == ["base", "qlora", "second"] and found.settings[LEFT_OUT] == ["third"]
    assert found.settings["contrasts"] == {"kept": ["qlora", "second"]}
    whole = studies.study(root=tmp_path, scale="full", data={"econ-qa": "none.csv"})
    assert list(whole.arms) == ["base", "qlora", "second", "third"] and LEFT_OUT not in whole.settings


def test_each_arm_may_say_how_many_seeds_it_has_there(tmp_path):
    def changed(study):
        change({"base": None, "qlora": None, "second": 1})(study)
        study["seeds"] = [7, 8]

    found = changed_study(tmp_path, changed)
    assert {arm: given["seeds"] for arm, given in found.arms.items()} == {"base": [7], "qlora": [7, 8], "second": [7]}
    whole = studies.study(root=tmp_path, scale="full", data={"econ-qa": "none.csv"})
    assert whole.arms["second"]["seeds"] == [7, 8]


def test_who_shares_the_arms_leaves_out_the_same(tmp_path):
    changed_study(tmp_path, change(["base", "qlora", "second"]))
    found = changed_study(
        tmp_path, lambda study: study["shares"].update(arms=["base", "qlora", "third"]), "econ-qa-tries"
    )
    assert "third" not in found.arms and list(found.arms)[:4] == ["base", "qlora", "as_published", "as_trained"]
    assert found.shared_arms == ["base", "qlora"] and found.settings[LEFT_OUT] == ["third"]


@pytest.mark.parametrize(
    ("kept", "given", "message"),
    [
        (["base", "qlra"], {}, "scales.mini.arms: unknown arm 'qlra'; did you mean 'qlora'"),
        ({"base": 2, "qlora": None, "second": None}, {}, "arm 'base', key 'seeds': it is not tuned"),
        (["base", "second"], {}, "'qlora' is not among them, and ensembles.arm needs it; add it"),
        (
            ["base", "qlora", "more"],
            {"arms": {"more": {**ARM, "from": "third"}}},
            "'third' is not among them, and the arm 'more' needs it; add it",
        ),
    ],
)
def test_what_needs_an_arm_that_is_left_out_is_refused(tmp_path, kept, given, message):
    with pytest.raises(UserError, match=message):
        changed_study(tmp_path, change(kept, **given))


def test_evaluations_that_a_scale_does_not_name_are_not_asked_there(tmp_path):
    def changed(study):
        study["evaluations"] = {"good-and-bad": ["base"], "safety-prompts": ["base"]}
        study["scales"] = {"mini": {"evaluations": ["good-and-bad"]}}

    found = changed_study(tmp_path, changed, "safe-chat")
    assert list(found.evaluations) == ["own", "good-and-bad"]
    whole = studies.study("safe-chat", root=tmp_path, scale="full")
    assert list(whole.evaluations) == ["own", "good-and-bad", "safety-prompts"]
    with pytest.raises(UserError, match=r"scales.mini.evaluations: unknown evaluation 'god-and-bad'; did you mean"):
        changed_study(tmp_path, lambda study: study["scales"]["mini"].update(evaluations=["god-and-bad"]), "safe-chat")


def test_an_evaluation_whose_file_may_be_missing_is_left_out_without_it(tmp_path):
    found = changed_study(tmp_path, lambda study: None, "data-quality", scale="full")
    assert "kr-humaneval" not in found.evaluations and "practice" in found.evaluations
    assert found.settings[UNASKED]["kr-humaneval"] == "resources/kr-humaneval/KR_HumanEval.v1.jsonl"
    for path in set(found.settings[UNASKED].values()):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    found = studies.study("data-quality", root=tmp_path, scale="full")
    assert "kr-humaneval" in found.evaluations and UNASKED not in found.settings


def test_a_card_of_an_arm_that_is_left_out_is_said_not_to_be_made(tmp_path):
    found = changed_study(tmp_path, change(["base", "second", "qlora"], model_cards=["second", "third"]))
    assert (found.settings["model_cards"], found.settings[LEFT_OUT_CARDS]) == (["second"], ["third"])
    assert notes(found) == ["econ-qa: no card of 'third' (model_cards), for this scale leaves the arm out"]
