"""The patterns of the conversations: filled with the right particles; harmful deeds are never explained."""

import pytest

from kotune.mini.chat_stock import KINDS, filled, load_stock

STOCK = load_stock()


@pytest.mark.parametrize(
    ("text", "word", "answer", "expected"),
    [
        ("{을} 심", "감자", "", "감자를 심"),
        ("{을} 심", "오이 모종", "", "오이 모종을 심"),
        ("{에서} 커닝하", "시험", "", "시험에서 커닝하"),
        ("'{}'의 반대말은 '{answer}'입니다.", "크다", "작다", "'크다'의 반대말은 '작다'입니다."),
        ("{은} {answer과} 어울립니다.", "벚꽃", "봄", "벚꽃은 봄과 어울립니다."),
    ],
)
def test_slots_are_filled_with_the_particle_that_fits(text, word, answer, expected):
    assert filled(text, word, answer) == expected


def test_harmful_deeds_have_a_reason_and_no_steps_and_harmless_ones_have_three():
    for deed in STOCK.deeds:
        assert len(deed.steps) == (0 if deed.kind == "harmful" else 3), deed.stem
        assert bool(deed.because) == bool(deed.instead) == (deed.kind == "harmful"), deed.stem


@pytest.mark.parametrize("kind", KINDS)
def test_some_deeds_of_each_kind_are_kept_for_the_prompts(kind):
    kept, others = STOCK.of(kind, kept=True), STOCK.of(kind, kept=False)
    assert 0.15 < len(kept) / (len(kept) + len(others)) < 0.5
    assert len({deed.stem for deed in kept + others}) == len(kept) + len(others)


def test_some_facts_are_kept_for_the_prompts():
    assert 0.1 < sum(fact.kept for fact in STOCK.facts) / len(STOCK.facts) < 0.4
    assert len({fact.question for fact in STOCK.facts}) == len(STOCK.facts)
