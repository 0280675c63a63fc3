"""Several answers to one prompt are numbered, and one alone is as it ever was."""

import pytest

from kotune.answering.samples import Sample, asked_by, count_of, name_of, numbered, samples_of
from kotune.core.errors import UserError
from kotune.prompts.encoding import Prompt

PROMPTS = [Prompt(0, "test", "a", (5, 6), False), Prompt(1, "test", "b", (), True)]


def test_one_answer_each_is_what_there_was_before():
    assert samples_of(PROMPTS, 1) == PROMPTS
    line = {"split": "test", "id": "a"}
    assert numbered(line, PROMPTS[0]) == line
    assert name_of(line) == asked_by(PROMPTS[0]) == ("test", "a", 0)


def test_samples_of_a_row_stand_side_by_side_and_are_numbered():
    found = samples_of(PROMPTS, 2)
    assert [(one.id, one.number, one.tokens, one.excluded) for one in found] == [
        ("a", 0, (5, 6), False), ("a", 1, (5, 6), False), ("b", 0, (), True), ("b", 1, (), True),
    ]  # fmt: skip
    assert all(isinstance(one, Sample) for one in found)
    line = numbered({"split": "test", "id": "a"}, found[1])
    assert line["number"] == 1 and name_of(line) == asked_by(found[1])


def test_how_many():
    assert count_of({}) == count_of({"samples": 1}) == 1
    assert count_of({"samples": 10, "do_sample": True}) == 10


@pytest.mark.parametrize(
    ("generation", "message"),
    [
        ({"samples": 0, "do_sample": True}, "generation.samples: 0 is not a whole number above 0"),
        ({"samples": 5}, "greedy answers to one row are all the same; set do_sample to true"),
    ],
)
def test_what_cannot_be(generation, message):
    with pytest.raises(UserError, match=message):
        count_of(generation)
