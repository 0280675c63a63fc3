"""Row lengths: of a law or of rows that are there, the same on every call."""

import pytest

from kotune.core.errors import UserError
from kotune.cost import row_lengths


def test_a_law_is_spread_evenly_and_the_same_each_time():
    law = {"prompt": {"median": 700, "sigma": 0.75, "max": 3000}, "answer": {"low": 30, "high": 90}}
    rows = row_lengths.of_law(law, 1000, 1)
    assert rows == row_lengths.of_law(law, 1000, 1) != row_lengths.of_law(law, 1000, 2)
    prompts, answers = zip(*rows, strict=True)
    assert sorted(prompts)[500] == pytest.approx(700, rel=0.01) and max(prompts) <= 3000
    assert (min(answers), max(answers)) == (30, 90)
    with pytest.raises(UserError, match="low 9 is above high 3"):
        row_lengths.of_law({**law, "answer": {"low": 9, "high": 3}}, 10, 0)


def test_rows_are_chosen_spread_and_capped():
    rows = [(size, 5) for size in range(1, 101)]
    assert sorted(row_lengths.spread(rows, 4, 0)) == [(13, 5), (38, 5), (63, 5), (88, 5)]
    assert row_lengths.longest_first(rows)[0] == (100, 5) and len(row_lengths.longest_first(rows)) == 100
    assert row_lengths.capped([(100, 5), (3, 60)], 40) == [(35, 5), (3, 20)]
    with pytest.raises(UserError, match="no row to take lengths from"):
        row_lengths.spread([], 4, 0)


def test_texts_are_counted_by_a_rate_and_the_stop_token_is_counted_with_the_answer():
    assert row_lengths.of_texts([("가" * 10, "나" * 4), ("", "")], 2.0) == [(5, 3), (1, 2)]


def test_what_a_table_says_of_rows():
    said = row_lengths.summary([(10, 2), (20, 4), (90, 3)])
    assert said == {"rows": 3, "tokens": 129, "median": 24, "mean": 43.0, "longest": 93, "answer_mean": 3.0}
