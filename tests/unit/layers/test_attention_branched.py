"""Rows that continue other rows see exactly what they would see written out whole."""

import pytest
import torch

from kotune.layers import attention_branched
from kotune.layers.attention_branched import Row, attend, branches_of, places_of

# a text, two that continue it, one that continues the second of these, and a text of its own
ROWS = [Row([1, 2, 3]), Row([4, 5], 0), Row([6], 0), Row([7, 8], 2), Row([9, 10])]
WHOLE = [[0, 1, 2], [0, 1, 2, 3, 4], [0, 1, 2, 5], [0, 1, 2, 5, 6, 7], [8, 9]]


def test_positions_go_on_where_the_continued_row_ends():
    positions, seen = places_of(ROWS)
    assert seen == WHOLE
    assert positions == [[0, 1, 2], [3, 4], [3], [4, 5], [0, 1]]


def test_a_pass_lays_rows_one_after_another():
    ids, positions, branches = branches_of(ROWS, "cpu")
    assert ids.tolist() == list(range(1, 11))
    assert positions.tolist() == [0, 1, 2, 3, 4, 3, 4, 5, 0, 1]
    assert branches.starts.tolist() == [0, 3, 5, 6, 8, 10]
    assert branches.seen_starts.tolist() == [0, 3, 8, 12, 18, 20]


def whole_row(q, k, v, seen, row, window, softcap):
    """What the last tokens of a text written out whole attend to, by plain arithmetic."""
    keys, values = k[seen].repeat_interleave(2, 1), v[seen].repeat_interleave(2, 1)
    scores = torch.einsum("qhd,khd->hqk", q[row], keys) * 0.5
    if softcap:
        scores = softcap * torch.tanh(scores / softcap)
    for place in range(len(row)):
        last = len(seen) - len(row) + place
        scores[:, place, last + 1 :] = -torch.inf
        if window:
            scores[:, place, : max(0, last + 1 - window)] = -torch.inf
    return torch.einsum("hqk,khd->qhd", scores.softmax(-1), values)


@pytest.mark.parametrize("window, softcap", [(None, None), (2, None), (None, 3.0), (2, 3.0)])
def test_each_row_attends_as_if_its_text_were_written_out(window, softcap):
    generator = torch.Generator().manual_seed(3)
    q = torch.randn(10, 4, 8, generator=generator)
    k, v = (torch.randn(10, 2, 8, generator=generator) for _ in range(2))
    made = attend(q, k, v, branches_of(ROWS, "cpu")[2], 0.5, window, softcap)
    begin = 0
    for row, seen in zip(ROWS, WHOLE, strict=True):
        mine = list(range(begin, begin + len(row.tokens)))
        torch.testing.assert_close(made[mine], whole_row(q, k, v, seen, mine, window, softcap))
        begin += len(row.tokens)


def test_a_model_whose_attention_cannot_be_chosen_is_refused_by_name():
    class Old(torch.nn.Module):
        device = torch.device("cpu")

    assert attention_branched.refusal(Old()) == "Old does not let its attention be chosen"
