"""The piece that scores highest is the answer: its end never before its beginning, and never longer than an answer."""

import pytest
import torch

from kotune.answering.pointing import best_span

LOW = -9.0


@pytest.mark.parametrize(
    ("first", "last", "longest", "span"),
    [
        ([0, 5, 0, 0], [0, 0, 5, 0], 4, (1, 2)),
        ([0, 0, 5, 0], [5, 0, 0, 1], 4, (2, 3)),  # the highest end stands before
        ([5, 0, 0, 1], [0, 0, 0, 5], 4, (0, 3)),
        ([5, 0, 0, 1], [LOW, LOW, LOW, 5], 2, (3, 3)),  # too long
        ([1, 1], [1, 1], 2, (0, 0)),  # equal: the first
    ],
)
def test_the_best_piece_that_is_allowed(first, last, longest, span):
    found = best_span(torch.tensor(first, dtype=torch.float), torch.tensor(last, dtype=torch.float), longest)
    assert found == (first[span[0]] + last[span[1]], *span)
