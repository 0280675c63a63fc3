"""What answering costs: the packed engine is held to what a card holds, and to the padded one."""

from dataclasses import replace

from measured_card import CARDS, CONSTANTS, LLAMA, PLAN, ROWS

from kotune.cost import answering


def test_packed_answers_take_as_many_side_by_side_as_a_card_holds():
    prompts = [prompt for prompt, _ in ROWS]
    plan = replace(PLAN, path="fused")
    small, large = (
        answering.packed_answering(LLAMA, plan, prompts, 64, CARDS[name], CONSTANTS)
        for name in ("RTX 4090 24 GB", "H200 141 GB")
    )
    assert small["gib"] < CARDS["RTX 4090 24 GB"].gib
    assert small["prompts_per_second"] < large["prompts_per_second"]
    padded = answering.answering(LLAMA, plan, prompts, 64, 16, CARDS["H200 141 GB"], CONSTANTS)
    assert large["prompts_per_second"] > 5 * padded["prompts_per_second"]
