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
        "Tesla V100-SXM2-16GB": "V100 16 GB",
        "Tesla V100-PCIE-32GB": "V100 32 GB",
        "NVIDIA GeForce RTX 3090": "RTX 3090 24 GB",
        "NVIDIA GeForce RTX 4090": "RTX 4090 24 GB",
        "NVIDIA GeForce RTX 5090": "RTX 5090 32 GB",
        "NVIDIA RTX A6000": "RTX A6000 48 GB",
        "NVIDIA L4": "L4 24 GB",
        "NVIDIA A10": "A10 24 GB",
        "NVIDIA L40S": "L40S 48 GB",
        "NVIDIA H100 80GB HBM3": "H100 80 GB",
        "NVIDIA B200": "B200 180 GB",
    }
    for name, card in named.items():
        assert card_named(name, CATALOGUE) == CARDS[card]
    assert {"T4 16 GB", "V100 16 GB", "V100 32 GB"} == {name for name, card in CARDS.items() if not card.bf16}


@pytest.mark.parametrize(
    "name", ["Voodoo 2", "NVIDIA A10G", "NVIDIA L40", "NVIDIA GH200 480GB", "NVIDIA GeForce RTX 4090 Laptop GPU"]
)
def test_another_card_is_not_taken_for_one_with_a_similar_name(name):
    assert card_named(name, CATALOGUE) is None
