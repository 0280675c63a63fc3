"""The card of a stand-in says how it was made, with the figures of its own run."""

import pytest

from kotune.core.names import ROOT
from kotune.mini.cards import card
from kotune.mini.pretraining import Progress
from kotune.mini.standins import STAND_INS

SCORES = {"seen patterns, plain": {"exact_match": 0.75, "char_f1": 0.8125}}
FACTS = {"parameters": "3.1 M", "device": "one GPU", "torch": "2.11.0", "transformers": "5.23.0"}


def made(name: str, steps: int) -> str:
    return card(STAND_INS[name], Progress(steps, 12_340_000, 61.4, 1.5, 0.25), SCORES, FACTS)


def test_its_figures_are_those_of_the_run() -> None:
    text = made("tiny-gemma2", 3600)
    for part in (
        "3,600 steps of 64 x 512, 12.3 M tokens",
        "61 s on one GPU",
        "1.500 (weighted), 0.250 on answers",
        "torch 2.11.0, transformers 5.23.0",
        "| seen patterns, plain | 0.750 | 0.812 |",
        "| parameters | 3.1 M (stored as bf16) |",
    ):
        assert part in text, part
    assert "second stage" not in text and "long reports" not in text


def test_a_second_stage_is_told_with_its_own_steps() -> None:
    text = made("long-qwen2", 2000 + 1400)
    assert "2,000 steps of 64 x 512, then 1,400 of 8 x 4096 on long reports" in text, "the first was cut short"
    assert "70% of the\ndocuments are drawn as reports of 150 to 5,600 characters" in text


@pytest.mark.parametrize("name", sorted(STAND_INS))
def test_the_bundled_card_says_how_its_model_is_made_again(name: str) -> None:
    text = (ROOT / "resources/mini/models" / name / "README.md").read_text(encoding="utf-8")
    own = made(name, STAND_INS[name].steps)
    assert text.split("\n| ")[0] == own.split("\n| ")[0]
    assert f"seed {STAND_INS[name].seed}" in text and f"--only {name}" in text
    assert (
        text.partition("**From what.**")[2].split("**Quick look.**")[0]
        == own.partition("**From what.**")[2].split("**Quick look.**")[0]
    )
