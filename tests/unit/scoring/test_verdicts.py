"""The one rule by which a difference gets a word."""

import pytest

from kotune.scoring import verdicts


def line(difference=0.1, p=0.01, low=0.02, high=0.2, **more):
    return {"split": "test", "metric": "f1", "claim": "tuning", "difference": difference, "p": p} | {
        "low": low,
        "high": high,
        **more,
    }


def test_holm_by_hand():
    assert verdicts.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert verdicts.holm([0.9, 0.6]) == [1.0, 1.0]
    assert verdicts.holm([]) == []


def test_a_family_is_a_split_and_a_claim_by_the_primary_metric():
    lines = [
        line(p=0.03),
        line(p=0.03),
        line(p=0.03, split="unseen"),
        line(p=0.03, claim="models"),
        line(p=0.03, metric="em"),
        line(p=0.03, claim=verdicts.BOUND),
    ]
    verdicts.judge(lines, "f1", None)
    assert [one.get("p_holm") for one in lines] == pytest.approx([0.06, 0.06, 0.03, 0.03, None, None])
    assert [one.get("verdict") for one in lines] == ["cannot tell"] * 2 + ["higher"] * 2 + [None] * 2
    assert [one.get("family") for one in lines][:3] == [2, 2, 1]


@pytest.mark.parametrize(
    ("difference", "p", "ends", "margin", "word"),
    [
        (0.1, 0.04, (-0.01, 0.2), None, "higher"),  # the interval holds 0: p decides
        (-0.1, 0.04, (-0.2, 0.0), None, "lower"),
        (0.1, 0.06, (0.01, 0.2), None, "cannot tell"),  # the interval leaves 0 out: p decides
        (0.01, 0.3, (-0.02, 0.04), 0.05, "within the margin"),
        (0.01, 0.3, (-0.02, 0.05), 0.05, "cannot tell"),
        (0.01, 0.3, (-0.02, 0.04), None, "cannot tell"),
    ],
)
def test_words_follow_p_or_a_margin(difference, p, ends, margin, word):
    assert verdicts.word_of(difference, p, ends, margin) == word


def test_a_difference_without_spread_is_within_a_margin_only_where_enough_articles_say_so():
    few = line(0.0, 1.0, 0.0, 0.0, unseen=[-0.1, 0.1])
    many = line(0.0, 1.0, 0.0, 0.0, unseen=[-0.04, 0.04])
    verdicts.judge([few, many], "f1", 0.05)
    assert (few["verdict"], many["verdict"]) == ("cannot tell", "within the margin")


def test_the_smallest_p_and_the_resamples_that_a_family_needs():
    assert verdicts.least_p(10) == pytest.approx(0.00195, abs=1e-5)
    assert verdicts.least_resamples(15) == 300


@pytest.mark.parametrize("size", [1, 6, 15, 40])
def test_a_family_with_the_resamples_that_it_needs_can_get_a_word_and_with_one_less_cannot(size):
    for fewer, word in ((0, "higher"), (1, "cannot tell")):
        least = 1 / (1 + verdicts.least_resamples(size) - fewer)
        lines = [line(0.3, least, 0.1, 0.5), *(line(0.0, 1.0, -0.1, 0.1) for _ in range(size - 1))]
        verdicts.judge(lines, "f1", None)
        assert lines[0]["verdict"] == word


def test_a_bound_counts_in_no_family():
    lines = [line(), line(claim=verdicts.BOUND), line(claim="models")]
    assert verdicts.family_sizes(lines) == {"tuning": 1, "models": 1}
