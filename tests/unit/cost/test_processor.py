"""A processor: what Gemma 3 270M was measured to take on rows of KorQuAD, and what scales with it."""

import pytest

from kotune.cost import processor
from kotune.cost.fit import Job
from kotune.cost.shapes import plan_of
from kotune.rehearsal.settings import cost_constants

CPU = cost_constants()[1]["cpu"]
GEMMA = 268_098_176
RECIPE = {"lora": {"r": 16, "target_modules": ["q_proj"]}, "quantization": None, "trainer": {"num_train_epochs": 1}}


def job(**given) -> Job:
    facts = {"shape": None, "plan": plan_of(RECIPE, None), "tuned": False, "rows": [(330, 10)], "prompts": [340],
             "row_count": 0, "prompt_count": 0, "new_tokens": 32, "batch": 16}  # fmt: skip
    return Job(**facts | given)


def test_what_was_measured_comes_out():
    learned = job(row_count=1, rows=[(148_022, 0)], tuned=True)
    assert processor.seconds(learned, GEMMA, CPU) == pytest.approx(1053, rel=0.02)
    base = job(prompt_count=240, prompts=[90_997 / 240])
    assert processor.seconds(base, GEMMA, CPU) == pytest.approx(363, rel=0.02)
    shots = job(prompt_count=240, prompts=[353_657 / 240])  # it was not used for the constants
    assert processor.seconds(shots, GEMMA, CPU) == pytest.approx(1183, rel=0.03)


def test_time_goes_with_parameters_rows_and_what_stands_in_a_prompt():
    one = processor.seconds(job(prompt_count=10, new_tokens=0), GEMMA, CPU)
    assert processor.seconds(job(prompt_count=20, new_tokens=0), 2 * GEMMA, CPU) == pytest.approx(4 * one)
    assert processor.seconds(job(prompt_count=10, new_tokens=0), GEMMA, CPU, examples=3) == pytest.approx(4 * one)
    assert processor.gigabytes(GEMMA) == pytest.approx(1.07, abs=0.01)
