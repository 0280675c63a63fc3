"""Several processes train one adapter as one process does; tried on a CPU, where gloo joins them."""

import pytest

from kotune import processes
from kotune.errors import UserError


@pytest.mark.parametrize(
    ("count", "given", "shared"),
    [
        (1, (1, 16), (1, 16)),
        (2, (4, 8), (2, 8)),  # each batch stays whole
        (2, (1, 16), (1, 8)),
        (4, (2, 8), (2, 2)),
    ],
)
def test_a_step_has_the_same_rows_however_many_cards_share_it(monkeypatch, count, given, shared):
    if count > 1:
        monkeypatch.setenv("LOCAL_RANK", "1")
        monkeypatch.setenv("WORLD_SIZE", str(count))
    keys = ("gradient_accumulation_steps", "per_device_train_batch_size")
    found = processes.shared_out(dict(zip(keys, given, strict=True)))
    assert tuple(found[key] for key in keys) == shared
    assert found[keys[0]] * found[keys[1]] * count == given[0] * given[1]


def test_a_step_that_cannot_be_shared_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="a step of 3 rows in 1 batches cannot be shared by 2 cards"):
        processes.shared_out({"gradient_accumulation_steps": 1, "per_device_train_batch_size": 3})
