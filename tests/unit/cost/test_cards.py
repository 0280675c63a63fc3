"""What a card can do is what was measured on it, else what the measured card would reach of its datasheet."""

import pytest
from measured_card import CARDS, CATALOGUE

from kotune.cost.cards import card_named


def test_an_unmeasured_card_reaches_the_shares_of_the_measured_one():
    sheet, practical = CATALOGUE["cards"]["H200 141 GB"], CATALOGUE["cards"]["H200 141 GB"]["practical"]
    a100 = CATALOGUE["cards"]["A100 80 GB"]
    assert CARDS["A100 80 GB"].flops == pytest.approx(a100["tflops"] * practical["tflops"] / sheet["tflops"] * 1e12)
    assert [card.name for card in CARDS.values() if card.measured] == ["H200 141 GB"]
    assert not CARDS["T4 16 GB"].bf16
    assert list(CARDS) == sorted(CARDS, key=lambda name: CATALOGUE["cards"][name]["memory_gib"])


def test_the_card_at_hand_is_known_by_the_name_that_torch_gives_it():
    named = {
        "NVIDIA H200": "H200 141 GB",
        "NVIDIA A100-SXM4-40GB": "A100 40 GB",
        "NVIDIA A100 80GB PCIe": "A100 80 GB",
        "Tesla T4": "T4 16 GB",
        "NVIDIA GeForce RTX 4090": "RTX 4090 24 GB",
    }
    for name, card in named.items():
        assert card_named(name, CATALOGUE) == CARDS[card]
    assert card_named("Voodoo 2", CATALOGUE) is None
