"""The reasoning behind an answer: whether it holds the answer. Its scores against gold: test_scores."""

import pytest

from kotune.scoring.metrics.reasoning import consistency_of


@pytest.mark.parametrize(
    ("answer", "reasoning", "value"),
    [
        ("연 3.25%", "둘째 문장에 '연 3.25%'로 내렸다고 한다.", 1.0),
        ("《삼국지》", "책 이름은 삼국지이다", 1.0),
        ("물가", "금리가 내렸다", 0.0),
        ("", "금리가 내렸다", 0.0),
        ("...", "금리가 내렸다...", 0.0),
        ("금리", "", 0.0),
    ],
)
def test_a_reasoning_is_consistent_where_it_holds_the_answer(answer, reasoning, value):
    assert consistency_of(answer, reasoning) == value
