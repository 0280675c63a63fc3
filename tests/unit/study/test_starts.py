"""An arm that starts from another one's adapter: of the same models and LoRA settings, and never in a circle."""

import pytest
from changed_study import changed_study

from kotune.core.errors import UserError
from kotune.study import comparisons


def again(**given):
    """Return a change of econ-qa that gives it an arm `again`, by default from `qlora`."""
    arm = {"rowset": "all", "prompt": "econ-qa.clean", "recipe": "qlora-r6", "from": "qlora", **given}
    return lambda study: study["arms"].update(again=arm)


def test_an_arm_has_the_models_of_the_one_it_starts_from_and_is_compared_with_it(tmp_path):
    study = changed_study(tmp_path, again())
    assert study.arms["again"]["from"] == "qlora"
    assert study.arms["again"]["models"] == study.arms["qlora"]["models"]
    assert "from" not in study.arms["qlora"]
    pairs = [one for one in comparisons.comparisons_of(study) if one["name"] == "again-vs-qlora"]
    assert [one["a"] for one in pairs] == [{"model": name, "arm": "qlora"} for name in study.arms["qlora"]["models"]]
    assert [one["b"] for one in pairs] == [{"model": name, "arm": "again"} for name in study.arms["qlora"]["models"]]


def test_arms_of_the_selected_model_are_compared_once(tmp_path):
    arm = {"rowset": "all", "prompt": "context-qa.two_turn", "recipe": "lora-r4-clean", "from": "clean"}
    study = changed_study(tmp_path, lambda study: study["arms"].update(again=arm), "context-qa")
    assert study.arms["again"]["models"] == ["selected"]
    made = [(one["name"], one["a"]["arm"]) for one in comparisons.comparisons_of(study) if one["b"]["arm"] == "again"]
    assert ("again-vs-clean", "clean") in made
    assert ("between-arms", "as_published") in made
    assert ("between-arms", "clean") not in made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (again(**{"from": "base"}), "arm 'again', key 'from': the arm 'base' has no adapter to start from"),
        (again(**{"from": "qlra"}), "arm 'again', key 'from': unknown arm 'qlra'; did you mean 'qlora'"),
        (again(**{"from": "again"}), "the arms start from one another: again from again"),
        (lambda study: study["arms"]["base"].update({"from": "qlora"}), "arm 'base', key 'from': .* is not trained"),
        (
            again(models=["llama-3.2-3b-instruct"]),
            "arm 'again', key 'from': the arm 'qlora' has no adapter of 'tiny-llama3' to start from",
        ),
        (
            again(recipe="qlora-r16-packed"),
            r"key 'from': lora.lora_alpha of its recipe is 32, and that of the arm 'qlora' 8",
        ),
    ],
)
def test_what_cannot_be_is_an_error_at_start_that_names_file_and_key(tmp_path, change, message):
    with pytest.raises(UserError, match=f"config/studies/econ-qa.yaml, .*{message}"):
        changed_study(tmp_path, change)


def test_a_circle_of_arms_is_named_whole(tmp_path):
    def circle(study):
        again()(study)
        study["arms"]["qlora"]["from"] = "again"

    with pytest.raises(UserError, match="the arms start from one another: qlora from again from qlora"):
        changed_study(tmp_path, circle)


def test_a_longer_chain_is_none(tmp_path):
    def chain(study):
        study["arms"] = {
            "third": {**study["arms"]["qlora"], "from": "second"},
            "second": {**study["arms"]["qlora"], "from": "qlora"},
            **study["arms"],
        }

    assert changed_study(tmp_path, chain).arms["third"]["from"] == "second"
