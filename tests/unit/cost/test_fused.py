"""The fused layers fill the memory that there is, and make again what it cannot hold."""

from dataclasses import replace

from measured_card import CARD, CARDS, CONSTANTS, LLAMA, PLAN, ROWS

from kotune.cost import fused
from kotune.cost import model as cost_model
from kotune.cost.shapes import lora_parameters


def test_fused_layers_fill_the_memory_there_is_and_make_again_what_it_cannot_hold():
    plan = replace(PLAN, path="fused", adapter_bytes=4, checkpointing=False, max_length=4096)
    told = {name: cost_model.training(LLAMA, plan, ROWS, card, CONSTANTS) for name, card in CARDS.items()}
    for name, said in told.items():
        assert said["gib"] < CARDS[name].gib, name
    small = cost_model.training(LLAMA, replace(plan, memory_gib=4.5), ROWS, CARD, CONSTANTS)
    large = cost_model.training(LLAMA, replace(plan, memory_gib=24), ROWS, CARD, CONSTANTS)
    assert small["gib"] < 4.6 and large["gib"] < 24.1
    assert 0.6 < small["tokens_per_second"] / large["tokens_per_second"] < 0.9
    none = cost_model.training_memory(LLAMA, plan, ROWS, CONSTANTS, 2.5)
    assert none["total"] > 2.5, "a card that cannot hold the weights and one layer's work does not fit"


def test_a_pass_that_is_told_more_memory_makes_fewer_layers_again():
    plan = replace(PLAN, path="fused", adapter_bytes=4, checkpointing=False, max_length=4096)
    again = [
        fused.of(LLAMA, replace(plan, memory_gib=gib), ROWS, CARD.gib * 2**30, 3 * 2**30).again(LLAMA.layers)
        for gib in (5, 12, 24, None)
    ]
    assert again == sorted(again, reverse=True) and again[0] > 0 and again[-1] == 0


def test_the_adapter_takes_its_bytes_whatever_the_card():
    plan = replace(PLAN, path="fused", max_length=4096)
    small, large = (fused.of(LLAMA, plan, ROWS, gib * 2**30, 2 * 2**30) for gib in (16, 141))
    assert small.adapter == large.adapter
    assert small.adapter >= 16 * lora_parameters(LLAMA, plan)  # itself, its gradient and two states in 32 bits
    assert small.activations < large.activations
