"""The few steps and answers of a rehearsal: the longest row is among them, and the warm-up is not counted."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from rehearsed import shrunken

from kotune.cost import fit
from kotune.rehearsal import runs


def test_the_first_pass_holds_the_longest_row():
    job = fit.job_of(shrunken("qwen2.5-3b-instruct", "qlora"), None, None)
    rows = runs.rehearsed_rows(job, 15, 0)
    assert len(rows) == 15 and sum(rows[0]) == max(map(sum, job.rows))


def test_the_longest_prompt_is_among_those_that_are_answered():
    job = fit.job_of(shrunken("qwen2.5-3b-instruct", "qlora"), None, None)
    some = runs.rehearsed_prompts(replace(job, prompts=list(range(10, 110))), 5)
    assert len(some) == 5 and some[0] == max(some) == 109 and min(some) < 40


def test_rows_have_their_lengths_and_the_loss_on_the_answer_and_no_control_tokens():
    rows = runs.encoded([(3, 2), (1, 4)], vocabulary=100, first=7)
    assert [len(ids) for ids in rows.ids] == [5, 5] and rows.mask == [[0, 0, 0, 1, 1], [0, 1, 1, 1, 1]]
    assert all(7 <= token < 100 for ids in rows.ids for token in ids)


def clock(monkeypatch, times, joules, max_seconds=1000.0):
    """A clock with one warm-up step, whose steps end at such times with such counters, 10 tokens a step."""
    counts, moments, states = SimpleNamespace(tokens=0), iter(times), iter(joules)
    monkeypatch.setattr(runs.time, "monotonic", lambda: next(moments))
    made = runs.Clock(counts, 1, "cpu", SimpleNamespace(joules=lambda: next(states)), max_seconds)
    late = []
    for _ in times:
        counts.tokens += 10
        made.mark()
        late.append(made.late)
    return made, late


def test_the_warm_up_is_left_out_of_what_is_counted(monkeypatch):
    made, _ = clock(monkeypatch, [100.0, 102.0, 104.0], [7.0, 8.0, 11.0])
    assert made.cost() == {"steps": 2, "seconds": 4.0, "tokens": 20, "tokens_per_second": 5.0, "joules": 4.0}


def test_without_a_counter_there_is_no_energy(monkeypatch):
    made, _ = clock(monkeypatch, [0.0, 1.0], [None, None])
    assert made.cost()["joules"] is None and made.cost()["tokens_per_second"] == pytest.approx(10)


def test_a_training_that_takes_long_ends_after_one_timed_step_at_least(monkeypatch):
    assert clock(monkeypatch, [0.0, 60.0, 61.0, 62.0], [None] * 4, max_seconds=30)[1] == [False, False, True, True]
    assert not any(clock(monkeypatch, [0.0, 1.0, 2.0], [None] * 3, max_seconds=30)[1])
