"""What a card is made of knows its form, its name and its scores."""

import toy_cards


def test_a_name_is_of_base_study_arm_and_form():
    assert toy_cards.facts().name == "plain-llama-chat-safe-chat-tuned"
    assert toy_cards.facts("full", exported={"form": "merged"}).name == "Llama-3.1-8B-safe-chat-tuned-merged"


def test_scores_are_those_of_its_arm():
    facts = toy_cards.facts()
    scores = facts.scores(facts.statistics, facts.settings["results"])
    assert [score.mean["arm"] for score in scores] == ["tuned", "tuned"]
    assert facts.harness_rows({"means": []}) == []
