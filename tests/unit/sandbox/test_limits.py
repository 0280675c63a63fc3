"""Limits become words of a command line."""

from kotune.sandbox.limits import Limits


def test_the_words_are_those_that_are_held_to_from_within_then_the_output():
    limits = Limits(cpu=1, wall=2.5, memory=3, output=4, folder=5, processes=6)
    assert limits.words() == ["1", "3", "5", "6", "4"]
