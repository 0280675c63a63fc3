"""Answers that were drawn: which are learned, what their tokens weigh, and what is counted."""

import pytest

from kotune.training import groups
from kotune.training.drawn import Drawn, Rule, Tally, choose, weigh


def answers(*rewards, tokens=2, truncated=()):
    return [Drawn("row", [1], [5] * tokens, place in truncated, one) for place, one in enumerate(rewards)]


def test_equal_groups_answers_that_were_not_run_and_masked_ones_are_not_learned():
    together = [answers(1.0, 1.0), answers(1.0, 0.0, None, 0.0, truncated=[3])]
    assert [one.reward for one in choose(together, masked=True)] == [1.0, 0.0]
    assert len(choose(together, masked=False)) == 3
    assert not choose([answers(None, 1.0)], masked=False)


def test_tokens_weigh_by_the_whole_step():
    seen = []
    rule = Rule(
        advantages=lambda rewards, costs: seen.append(costs) or groups.from_the_mean(rewards, "none"),
        weight=lambda length, step: length / (step.answers * step.tokens),
        beta=0.0,
        in_reward=False,
    )
    together = [answers(1.0, 0.0, tokens=3), answers(0.0, None, 0.0, tokens=2, truncated=[2])]
    choose(together, masked=True)
    weigh(together, rule, {id(together[0][1]): 0.5}, masked=True)
    assert seen == [[[0.0, 0.5], [0.0, 0.0, 0.0]]]
    assert [one.advantage for one in together[0]] == [0.5, -0.5]
    assert together[0][0].weight == 3 / (4 * 8), "four were judged; the tokens of the one that was cut off do not count"


def test_the_curve_tells_of_the_answers_since_the_last_line():
    kept = {}
    tally = Tally(kept)
    together = [answers(1.0, 0.0, truncated=[1]), answers(0.0, None, 0.0)]
    choose(together, masked=False)
    tally.count(together)
    tally.add(kl=0.5, kl_tokens=2)
    line = tally.line()
    assert line == {
        "reward": 0.25,
        "reward_std": pytest.approx(0.5**0.5 / 2),
        "frac_reward_zero_std": 0.5,
        "kl": 0.25,
        "completions/mean_length": 2.0,
        "completions/clipped_ratio": 0.2,
        "not_run": 1,
    }
    assert tally.line() == {}, "nothing was drawn since"
    assert kept["found"] == {
        "samples": 5,
        "sampled_tokens": 10,
        "truncated": 1,
        "not_run": 1,
        "groups": 2,
        "equal_groups": 1,
        "steps_without_effect": 0,
    }


def test_a_step_without_effect_is_counted_and_has_no_kl():
    tally = Tally({})
    together = [answers(1.0, 1.0), answers(0.0, 0.0)]
    choose(together, masked=False)
    tally.count(together)
    assert tally.found["steps_without_effect"] == 1
    assert "kl" not in tally.line()
