import random

from kotune.mini.functions import CATEGORIES, PATTERNS, assertions, drawn, function


def test_every_pattern_gives_python_that_its_own_tests_pass_and_another_sentence_names_it():
    for pattern in PATTERNS:
        rng = random.Random(pattern.name)
        one = function(pattern, rng)
        room: dict = {}
        exec(one.source, room)
        exec(assertions(one, rng), room)
        assert one.sentence.endswith(".")
        assert "{" not in one.sentence + one.expression.replace('{"', "")


def test_patterns_have_names_of_their_own_and_some_of_each_category_are_held_out():
    assert len({one.name for one in PATTERNS}) == len(PATTERNS)
    for category in CATEGORIES:
        held = [one for one in PATTERNS if one.category == category and one.held_out]
        assert 5 <= len(held) <= 25


def test_what_is_drawn_is_of_the_category_and_of_the_side_that_was_asked_for():
    rng = random.Random(1)
    for category in CATEGORIES:
        for held in (False, True):
            one = drawn(category, held, rng)
            assert (one.pattern.category, one.pattern.held_out) == (category, held)
