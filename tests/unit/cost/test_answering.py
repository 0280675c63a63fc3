"""What answering costs: the packed engine is held to what a card holds, and to the padded one."""

from dataclasses import replace

from checkout import ROOT

from kotune.core.catalogue import read_yaml
from kotune.cost import answering, row_lengths, shapes
from kotune.cost.cards import cards_of

POINTS = read_yaml(ROOT / "config/speed/h200.yaml")
CONSTANTS = read_yaml(ROOT / "config/cost-model.yaml")
CARDS = cards_of(read_yaml(ROOT / "config/cards.yaml"))
LLAMA = shapes.shape_of(POINTS, "config/speed/h200.yaml")
ROWS = row_lengths.of_law(POINTS["training_rows"], POINTS["training_rows"]["count"], 0)
PLAN = shapes.Plan("padded", True, 16, tuple(POINTS["lora_targets"]), batch=4, accumulation=4)


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
