"""What a rule may ask of a candidate besides its scores is counted from the catalogue; what nobody knows stays unknown."""

import pytest
from studies import configuration, study

from kotune.choice.facts import commercial, facts_of_candidates, selection_facts

LICENCES = configuration()["licences"]


def test_an_unverified_licence_decides_nothing():
    assert selection_facts({"licence": "apache-2.0", "unverified": ["licence"]}, LICENCES)["commercial"] is None


def test_licences_that_nobody_knows_stay_unknown():
    named = ("apache-2.0", "gemma", "qwen-research", "EXAONE AI Model License 1.1-NC", "kanana", "something else", None)
    answers = [commercial(licence, LICENCES) for licence in named]
    assert answers == ["yes", "conditions", "no", "no", None, None, None]


def test_facts_are_counted_from_the_parameters():
    facts = selection_facts({"parameters": 2**30, "licence": "mit"}, LICENCES)
    assert facts["weights_gib"] == 2.0 and facts["gflop_per_token"] == pytest.approx(2.15, abs=0.01)
    assert selection_facts({}, LICENCES)["weights_gib"] is None


def test_a_stand_in_has_the_facts_of_the_model_that_it_stands_for():
    config = configuration()
    facts = facts_of_candidates(study("context-qa"), config)
    assert facts["long-llama3"] == selection_facts(config["models"]["llama-3.2-3b-instruct"], LICENCES)
    assert facts["long-llama3"]["downloads"] > 0 and facts["long-llama3"]["licence"].startswith("llama")
