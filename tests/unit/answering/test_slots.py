"""How many answers are made side by side, and what each has got so far."""

import torch
from tuned_layers import tuned

from kotune.answering.slots import Limits, Slots, slots_for
from kotune.layers.fused import FusedModel


def test_memory_decides_how_many_answers_are_made_side_by_side():
    fused = FusedModel(tuned())
    a_token = 2 * 3 * 2 * 8 * 4  # keys and values, layers, kv heads, width, float32
    assert slots_for(fused, [10, 20], 10, 1e9) == 2
    assert slots_for(fused, [10, 20], 10, a_token * 31) == 1
    assert slots_for(fused, [10, 20], 10, 1) == 1
    assert slots_for(fused, [1] * 1000, 1, 1e12) == 256


def test_a_slot_takes_tokens_until_one_of_them_stops_it_or_the_limit_does():
    slots = Slots(FusedModel(tuned()), [9, 9, 9], Limits(stop=(13,), max_new_tokens=2))
    slots.active[:] = True
    slots.take(torch.tensor([13, 5, 6]))
    assert slots.active.tolist() == [False, True, True] and slots.stopped.tolist() == [True, False, False]
    slots.take(torch.tensor([8, 13, 7]))
    assert slots.active.tolist() == [False, False, False]
    assert slots.stopped.tolist() == [True, True, False]
    assert [row[:count] for row, count in zip(slots.made.tolist(), slots.counts.tolist(), strict=True)] == [
        [13],
        [5, 13],
        [6, 7],
    ]


def test_a_new_prompt_s_first_token_goes_into_its_own_slot():
    slots = Slots(FusedModel(tuned()), [9, 9], Limits(stop=(13,), max_new_tokens=2))
    slots.take(torch.tensor([5]), torch.tensor([1]))
    assert slots.counts.tolist() == [0, 1] and slots.tokens.tolist() == [0, 5]
