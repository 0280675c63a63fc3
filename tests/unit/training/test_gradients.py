"""A gradient that is not a number stops the run and names its rows; a mask that a batch does not need is left out."""

import math

import pytest
import torch

from kotune.core.errors import UserError
from kotune.prompts.encoding import Rows
from kotune.training.gradients import Step, without_needless_mask

ROWS = Rows([[5, 6, 7], [8, 9], [4, 4, 4, 4]], [[0, 0, 1], [0, 1], [0, 0, 0, 1]], {}, None, ["가", "나", "다"])
PADDED = {
    "input_ids": torch.tensor([[8, 9, 0], [5, 6, 7]]),
    "attention_mask": torch.tensor([[1, 1, 0], [1, 1, 1]]),
    "labels": torch.tensor([[-100, 9, -100], [-100, -100, 7]]),
}
PACKED = {"input_ids": torch.tensor([[4, 4, 4, 4, 8, 9]]), "position_ids": torch.tensor([[0, 1, 2, 3, 0, 1]])}


def test_padding_on_the_right_needs_no_mask():
    made = without_needless_mask(PADDED)
    assert made.keys() == {"input_ids", "labels", "position_ids"}
    assert made["position_ids"].tolist() == [[0, 1, 2], [0, 1, 2]]


def test_padding_on_the_left_keeps_its_mask():
    left = {**PADDED, "attention_mask": torch.tensor([[0, 1, 1], [1, 1, 1]])}
    assert without_needless_mask(left) is left
    assert without_needless_mask(PACKED) is PACKED


@pytest.mark.parametrize(("batch", "names"), [(PADDED, r"\(나, 가\)"), (PACKED, r"\(다, 나\)")])
def test_a_gradient_that_is_no_number_names_the_rows_of_its_step(batch, names):
    step = Step(ROWS)
    step.add(batch)
    with pytest.raises(UserError, match=rf"not a number at step 27; .*{names}"):
        step.end(math.nan, 27, skipped=False)


def test_rows_of_steps_before_are_not_named():
    step = Step(ROWS)
    step.add(PADDED)
    step.end(1.0, 1, skipped=False)
    step.add(PACKED)
    with pytest.raises(UserError, match=r"\(다, 나\)"):
        step.end(math.inf, 2, skipped=False)


def test_a_step_that_the_loss_scaler_skips_is_let_be():
    step = Step(ROWS)
    step.add(PADDED)
    step.end(math.nan, 1, skipped=True)
    assert not step.batches


def test_steps_that_are_all_skipped_end_the_run():
    step = Step(ROWS)
    with pytest.raises(UserError, match=r"not a number at step 41; .*\(다, 나\)"):
        for number in range(1, 100):
            step.add(PACKED)
            step.end(math.nan, number, skipped=True)
