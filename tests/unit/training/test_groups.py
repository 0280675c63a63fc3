"""Groups: advantages as the papers have them, and nothing from groups that teach nothing."""

import pytest

from kotune.training import groups


def test_a_group_teaches_nothing_where_its_known_rewards_are_equal():
    assert groups.equal([1.0, 1.0, 1.0])
    assert groups.equal([0.0, None, 0.0])
    assert groups.equal([1.0, None])
    assert groups.equal([None, None])
    assert not groups.equal([1.0, 0.0, None])


def test_grpo_holds_an_answer_against_the_mean_of_its_group():
    plain = groups.from_the_mean([[1.0, 0.0, 0.0, 0.0]], "none")
    assert plain == [[0.75, -0.25, -0.25, -0.25]]
    assert groups.from_the_mean([[1.0, 0.0, 0.0, 0.0]], "group")[0][0] == pytest.approx(0.75 / (0.5 + 1e-4))
    whole = groups.from_the_mean([[1.0, 0.0], [0.0, 0.0]], "batch")
    assert whole[0][0] == pytest.approx(0.5 / (0.5 + 1e-4))
    assert whole[1] == [0.0, 0.0]


def test_an_answer_that_was_not_judged_is_as_if_it_had_not_been_drawn():
    with_it, without = (groups.from_the_mean([one], "group")[0] for one in ([1.0, None, 0.0], [1.0, 0.0]))
    assert with_it == [without[0], 0.0, without[1]]
    with_it, without = (
        groups.from_the_others([one], [[0.0] * len(one)], False)[0] for one in ([1.0, None, 0.0, 0.0], [1.0, 0.0, 0.0])
    )
    assert with_it == [without[0], 0.0, *without[1:]]


def test_rloo_holds_an_answer_against_the_others():
    assert groups.from_the_others([[1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]], False) == [[1.0, -0.5, -0.5]]
    taken_off = groups.from_the_others([[1.0, 0.0]], [[0.25, 0.0]], False)
    assert taken_off == [[0.75, -0.75]]


def test_rloo_leaves_equal_rewards_alone_whatever_the_kl_term_takes_off_them():
    made = groups.from_the_others([[1.0, 1.0], [1.0, 0.0]], [[0.5, 0.1], [0.0, 0.0]], True)
    assert made[0] == [0.0, 0.0]
    assert sum(made[1]) == pytest.approx(0.0)
    assert made[1][0] > 0
