"""Tensors put aside come back as they were, the last one first; without a GPU they stay where they are."""

import pytest
import torch

from kotune.layers.offloading import Shelf

CPU = torch.device("cpu")


@pytest.mark.parametrize("offload", [False, True])
def test_what_was_put_aside_comes_back_the_last_first(offload):
    shelf, tensors = Shelf(offload), [torch.full((3,), float(number)) for number in range(4)]
    places = [shelf.put(tensor) for tensor in tensors]
    for place, tensor in reversed(list(zip(places, tensors, strict=True))):
        assert shelf.take(place, CPU) is tensor, "no copy is made on a CPU"


def test_a_tensor_is_let_go_of_when_it_is_taken():
    shelf = Shelf(False)
    place = shelf.put(torch.zeros(3))
    shelf.take(place, CPU)
    with pytest.raises(AssertionError):
        shelf.take(place, CPU)


def test_a_pass_that_is_given_up_leaves_nothing_behind():
    shelf = Shelf(True)
    shelf.put(torch.zeros(3))
    shelf.clear()
    assert shelf.put(torch.ones(3)) == 0
