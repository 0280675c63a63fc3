"""What a study has to answer, to score, to rank and to submit."""

from dataclasses import replace

from studies import study


def test_a_base_is_answered_once_and_a_tuned_model_once_a_seed():
    treatments = study(seeds=[42, 43]).treatments()
    assert len(treatments) == len(set(treatments)) == 5 + 2 * 4
    assert {seed for _, arm, seed in treatments if arm == "base"} == {42}
    assert [seed for model, arm, seed in treatments if (model, arm) == ("tiny-qwen2", "qlora")] == [42, 43]


def test_ensembles_are_made_of_members_under_their_names_in_paths():
    made = study(seeds=[42, 43])
    assert made.ensemble_members() == ["tiny-gemma2", "tiny-eeve", "tiny-solar"]
    assert ("ensemble", "oracle", 43) in made.ensemble_treatments() and len(made.ensemble_treatments()) == 10
    assert study("context-qa").ensemble_treatments() == []


def test_what_is_ranked_is_what_the_study_names_else_what_is_tuned():
    assert study().competing == ["qlora"]
    assert study("context-qa").competing == ["base"]
    only_base = replace(study(), arms={"base": study().arms["base"]})
    assert only_base.competing == ["base"]
    assert {arm for _, arm, _ in study().candidates_treatments()} == {"qlora"}


def test_a_split_without_gold_answers_is_answered_and_not_scored():
    made = replace(study(), splits=["train", "valid", "test", "submission"])
    assert made.answered == ["valid", "test", "submission"] and made.evaluated == ["valid", "test"]
    assert made.unscored == ["submission"] and study().unscored == []


def test_submissions_are_the_selected_models_and_the_ensembles_that_the_study_names():
    made = replace(study(seeds=[1, 2]), splits=["train", "valid", "submission"])
    assert made.submissions() == [
        ("selected", "qlora", 1),
        ("selected", "qlora", 2),
        ("ensemble", "majority_then_f1", 1),
        ("ensemble", "majority_then_f1", 2),
    ]
    assert study().submissions() == []
