"""How much goes through a model at once: what memory holds, and a step of the optimizer keeps its rows."""

import pytest
from tuned_layers import tuned

from kotune.core.errors import UserError
from kotune.layers import passes

WIDTHS = passes.Widths(layers=28, hidden=3072, joint=5120, attended=3072, inner=8192, vocabulary=128256)


def test_less_memory_keeps_less_and_a_pass_stays_whole():
    rooms = [passes.room_for(WIDTHS, 8192, gib * passes.GIB) for gib in (20, 10, 5, 3, 1.3, 0.7)]
    assert rooms[0].kept_layers is None
    assert 28 > rooms[1].kept_layers > rooms[2].kept_layers >= 0 and not rooms[2].offload
    assert rooms[3].offload and rooms[3].kept_layers > rooms[4].kept_layers and rooms[4].chunk is None
    assert rooms[5].kept_layers == 0 and rooms[5].offload and rooms[5].chunk == passes.CHUNKS[-1]


def test_a_pass_takes_what_memory_keeps_within_its_bounds():
    assert passes.tokens_for(WIDTHS, 3000, 120 * passes.GIB) == passes.MOST
    assert passes.LEAST < passes.tokens_for(WIDTHS, 3000, 18 * passes.GIB) < passes.MOST
    assert passes.tokens_for(WIDTHS, 3000, 1.6 * passes.GIB) == passes.LEAN
    assert 1024 <= passes.tokens_for(WIDTHS, 900, 0.5 * passes.GIB) < passes.LEAST
    assert passes.tokens_for(WIDTHS, 40000, 1 * passes.GIB) == 40000


@pytest.mark.parametrize(
    "rows, row, tokens, expected",
    [
        (8, 4096, 16384, (4, 2)),
        (1, 700, 16384, (1, 1)),
        (64, 1000, 8000, (8, 8)),
        (6, 4096, 16384, (3, 2)),
        (4, 9000, 4096, (1, 4)),
    ],
)
def test_a_step_keeps_its_rows(rows, row, tokens, expected):
    assert passes.split(rows, row, tokens) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"memory": 4}, "recipe.passes: unknown key 'memory'; did you mean 'memory_gib'"),
        ({"layers": "fusd"}, "recipe.passes.layers: unknown 'fusd'; did you mean 'fused'"),
        ({"memory_gib": 0}, "memory_gib: 0 is not a number above 0"),
        ({"tokens": True}, "tokens: True is not a number above 0"),
        ({"tokens": "many"}, "tokens: 'many' is not a number above 0"),
    ],
)
def test_a_recipes_passes_that_say_something_unknown_are_named(settings, message):
    passes.check({"layers": "fused", "memory_gib": 4.5, "tokens": 8192})
    with pytest.raises(UserError, match=message):
        passes.check(settings)


@pytest.mark.parametrize("gib", [40, 10, 5, 3, 2])
def test_what_is_kept_fits_the_memory_there_is(gib):
    room = passes.room_for(WIDTHS, 8192, gib * passes.GIB)
    kept = WIDTHS.layers if room.kept_layers is None else room.kept_layers
    inputs = 0 if room.offload else WIDTHS.layers - kept
    held = 8192 * (kept * WIDTHS.kept() + inputs * WIDTHS.inputs())
    assert held + WIDTHS.working(8192, room.chunk, room.workspace) <= gib * passes.GIB


def test_widths_are_those_of_the_model():
    config = tuned("Llama").get_base_model().config
    assert passes.Widths.of(config) == passes.Widths(3, 32, joint=32 + 2 * 16, attended=32, inner=64, vocabulary=97)


def test_a_steps_rows_are_put_into_passes():
    made = passes.arranged(WIDTHS, [100, 300], None, rows=8, tokens=800, free=0)
    assert (made.row, made.longest, made.rows_a_pass, made.passes_a_step) == (200, 300, 4, 2)
    packs = passes.arranged(WIDTHS, [100, 300], 4096, rows=6, tokens=None, free=120 * passes.GIB)
    assert (packs.row, packs.longest, packs.tokens, packs.rows_a_pass) == (4096, 4096, passes.MOST, 3)
