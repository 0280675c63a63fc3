"""Loops, pairs of words, and answers that did not end."""

import pytest

from kotune.scoring.given import Given
from kotune.scoring.metrics.repetition import distinct_2, distinct_of, hit_limit, repeats, repetition

SENTENCE = "오늘은 날씨가 매우 맑고 바람이 시원하게 붑니다. "


def test_a_piece_that_comes_ten_times_is_a_loop():
    lines = [{"answer": SENTENCE * times} for times in (9, 10)]
    assert repetition(lines, [{}, {}], Given("repetition")) == [0.0, 1.0]


@pytest.mark.parametrize(("text", "times"), [("", 0), ("짧다", 0), ("가" * 19, 0), ("가" * 20, 1), ("가" * 200, 10)])
def test_pieces_are_counted_without_overlap(text, times):
    assert repeats(text) == times


def test_a_list_is_no_loop():
    assert repeats("\n".join(f"- {number}번째 물건의 이름과 값을 차례로 적습니다." for number in range(9))) < 10


def test_distinct_pairs_of_words():
    assert distinct_of("가 나 가 나") == pytest.approx(2 / 3)
    assert distinct_of("하나") == distinct_of("") == 1.0
    assert distinct_2([{"answer": "가 가 가"}], [{}], Given("distinct_2")) == [0.5]


def test_answers_that_were_cut_off():
    lines = [{"answer": "", "finish_reason": "length"}, {"answer": "", "finish_reason": "stop"}, {"answer": ""}]
    assert hit_limit(lines, [{}] * 3, Given("hit_limit")) == [1.0, 0.0, 0.0]
