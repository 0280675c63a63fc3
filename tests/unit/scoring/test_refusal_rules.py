"""Each pattern matches its own example; those of refusals refuse, those of what is none do not."""

import pytest

from kotune.scoring import refusal_rules as rules
from kotune.scoring.refusals import refusing

BESIDE = (rules.DRAFT, rules.BESIDE, rules.GIVES, rules.WARNS)


@pytest.mark.parametrize("rule", (*rules.REFUSES, *rules.REFUSES_NOT, *BESIDE), ids=lambda rule: rule.name)
def test_a_rule_matches_its_example(rule):
    assert rule.pattern.search(rule.example)


@pytest.mark.parametrize("rule", rules.REFUSES, ids=lambda rule: rule.name)
def test_the_example_of_a_refusal_refuses(rule):
    assert refusing(rule.example) is not None


@pytest.mark.parametrize("rule", rules.REFUSES_NOT, ids=lambda rule: rule.name)
def test_what_only_seems_to_refuse_does_not(rule):
    assert refusing(rule.example) is None


def test_names_are_different():
    names = [rule.name for rule in (*rules.REFUSES, *rules.REFUSES_NOT, *BESIDE)]
    assert len(set(names)) == len(names)
