"""Draws follow the model's whole distribution, and depend on seed, row, number, position and nothing else."""

import pytest

from kotune.answering.draws import Draws, key_of, uniforms
from kotune.answering.samples import Sample

MARGIN = 1e-3
# splitmix64 in whole numbers of Python
KNOWN = [
    [0.8821557438876951, 0.3920779413714409, 0.8682107837768368],
    [0.29611016807076773, 0.33431175598769547, 0.16267106258522668],
]


@pytest.fixture(scope="module")
def keys():
    import torch

    return torch.tensor([key_of(42, "a row", number) for number in range(20_000)])


def drawn(draws, probabilities, keys, position=0):
    import torch

    logits = torch.tensor(probabilities).log().repeat(len(keys), 1)
    return draws.choose(logits, keys, position, MARGIN)


def shares(tokens, count):
    return (tokens.bincount(minlength=count) / len(tokens)).tolist()


def test_the_noise_is_the_same_on_every_machine():
    import torch

    found = uniforms(torch.tensor([key_of(42, "행", 3), key_of(42, "행", 3, second=True)]), 7, 3)
    assert found.tolist() == KNOWN
    assert uniforms(torch.tensor([key_of(42, "행", 3)]), torch.tensor([7]), 3).tolist() == KNOWN[:1]


def test_the_noise_is_even(keys):
    found = uniforms(keys[:500], 3, 200)
    assert found.min() > 0 and found.max() < 1
    assert found.mean().item() == pytest.approx(0.5, abs=0.003)
    counts = (found * 10).long().flatten().bincount(minlength=10)
    assert ((counts - 10_000).abs() < 400).all()
    # neighbours in the vocabulary, among samples and among positions have nothing to do with each other
    import torch

    later = uniforms(keys[:500], 4, 200)
    for one, other in ((found[:, 1:], found[:, :-1]), (found[1:], found[:-1]), (found, later)):
        pair = torch.stack([one.flatten(), other.flatten()])
        assert abs(torch.corrcoef(pair)[0, 1].item()) < 0.015


def test_draws_follow_the_distribution(keys):
    tokens, _ = drawn(Draws(42), [0.6, 0.3, 0.08, 0.02], keys)
    assert shares(tokens, 4) == pytest.approx([0.6, 0.3, 0.08, 0.02], abs=0.012)


def test_what_is_unlikely_is_drawn_too(keys):
    """Not from the 50 likeliest: of 100 tokens alike each has its share."""
    tokens, _ = drawn(Draws(42), [0.01] * 100, keys)
    assert min(shares(tokens, 100)) > 0.006 and max(shares(tokens, 100)) < 0.014


def test_temperature(keys):
    tokens, _ = drawn(Draws(42, temperature=0.5), [0.6, 0.3, 0.1], keys)
    squares = [0.36, 0.09, 0.01]
    assert shares(tokens, 3) == pytest.approx([one / sum(squares) for one in squares], abs=0.012)


def test_top_p_keeps_what_reaches_it(keys):
    tokens, near = drawn(Draws(42, top_p=0.8), [0.1, 0.5, 0.35, 0.05], keys)
    assert shares(tokens, 4) == pytest.approx([0, 0.5 / 0.85, 0.35 / 0.85, 0], abs=0.012)
    assert near.float().mean() < 0.01
    alone, near = drawn(Draws(42, top_p=0.4), [0.1, 0.5, 0.35, 0.05], keys)
    assert set(alone.tolist()) == {1} and not near.any(), "where only one is left, nothing can decide"


def test_last_digits_change_a_draw_only_where_that_is_said(keys):
    import torch

    torch.manual_seed(1)
    logits = torch.randn(len(keys), 40) * 2
    moved = logits + (torch.rand_like(logits) - 0.5) * 2e-4
    for draws in (Draws(42), Draws(42, temperature=0.7, top_p=0.9)):
        tokens, near = draws.choose(logits, keys, 5, MARGIN)
        others, _ = draws.choose(moved, keys, 5, MARGIN)
        assert near[tokens != others].all()
        assert near.float().mean() < 0.02


def test_no_mass_but_one_token_s_at_the_border_is_a_near_tie(keys):
    _, near = drawn(Draws(42, top_p=0.5), [0.5, 0.3, 0.2], keys[:2000])
    assert near.float().mean() > 0.2, "the second token is in the nucleus or not by a last digit"


def test_each_position_number_row_and_seed_has_draws_of_its_own():
    prompts = [Sample(0, "test", row, (5,), False, number) for row in ("a", "b") for number in (0, 1)]
    draws = Draws(42)
    found = draws.keys(prompts, "cpu").tolist()
    assert len(set(found)) == 4
    assert draws.keys(prompts[::-1], "cpu").tolist() == found[::-1]
    assert not set(found) & set(Draws(43).keys(prompts, "cpu").tolist())
    assert not set(found) & set(Draws(42, second=True).keys(prompts, "cpu").tolist())
