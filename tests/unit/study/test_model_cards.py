"""A study's cards are of its arms' adapters, a card each."""

from dataclasses import replace

from studies import study

from kotune.study import model_cards


def test_each_adapter_of_an_arm_that_is_named_gets_a_card():
    found = study("safe-chat")
    assert model_cards.adapters_of(found) == []
    asked = replace(found, settings={**found.settings, "model_cards": ["tuned", "without_eos"]})
    assert model_cards.adapters_of(asked) == [
        ("plain-llama-chat", "tuned", 3407),
        ("plain-llama-chat", "without_eos", 3407),
    ]
