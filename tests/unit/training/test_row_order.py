"""Rows grouped by length: a training that is resumed within an epoch goes on in the order that the epoch began with."""

import json

import torch
from transformers.trainer_pt_utils import LengthGroupedSampler

from kotune.training.row_order import Drawn, remembered

LENGTHS = [3, 50, 7, 20, 5, 40, 9, 30, 11, 13, 17, 19]


def sampler(drawn, epoch):
    """A sampler whose state is ``drawn``, in an epoch of which some share is done."""
    return remembered(LengthGroupedSampler(2, lengths=LENGTHS), lambda: drawn, lambda: epoch)


def test_an_order_is_what_transformers_draws():
    torch.manual_seed(1)
    expected = list(LengthGroupedSampler(2, lengths=LENGTHS))
    torch.manual_seed(1)
    own = sampler(Drawn(), 0.0)
    assert list(own) == expected and len(own) == len(LENGTHS)


def test_a_resumed_epoch_has_the_order_that_it_began_with():
    torch.manual_seed(1)
    before = Drawn()
    order = list(sampler(before, 2.0))
    kept = json.loads(json.dumps(before.to_json()))  # as a checkpoint keeps it
    torch.manual_seed(99)  # other numbers have been drawn meanwhile
    again = Drawn.of(kept)
    assert list(sampler(again, 2.5)) == order
    following = list(sampler(again, 3.0))
    torch.manual_seed(99)
    assert following == list(sampler(Drawn(), 3.0)), "the next epoch is drawn anew"


def test_a_checkpoint_at_the_end_of_an_epoch_leaves_the_next_one_to_chance():
    torch.manual_seed(1)
    before = Drawn()
    order = list(sampler(before, 0.0))
    torch.manual_seed(2)
    assert list(sampler(Drawn.of(before.to_json()), 1.0)) != order


def test_where_no_order_was_drawn_nothing_is_kept():
    assert Drawn().to_json() == {} and Drawn.of({}) == Drawn()


def test_processes_that_have_drawn_other_numbers_share_the_order_of_a_later_epoch():
    def order(chance: int, drawn: Drawn, epoch: float) -> list[int]:
        torch.manual_seed(chance)
        made = remembered(LengthGroupedSampler(2, lengths=LENGTHS), lambda: drawn, lambda: epoch, shared_seed=42)
        return list(made)

    first = Drawn()
    assert order(1, first, 1.0) == order(2, Drawn(), 1.0) != order(2, Drawn(), 2.0)
    again = Drawn.of(json.loads(json.dumps(first.to_json())))
    assert order(3, again, 1.5) == order(1, Drawn(), 1.0), "a resumed epoch, too"
    torch.manual_seed(5)
    alone = list(sampler(Drawn(), 0.0))
    assert order(5, Drawn(), 0.0) == alone, "the first epoch is the one of a process alone"
