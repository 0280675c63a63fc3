"""Lots: the same for a name and a seed, whatever else is drawn."""

from kotune.core.lots import by_lot, chance

NAMES = [f"a:{number}" for number in range(100)]


def test_a_draw_takes_names_in_an_order_that_others_do_not_change():
    order = [NAMES[place] for place in by_lot(NAMES, 1, "rows")]
    assert sorted(order) == sorted(NAMES) != order
    half = NAMES[::2]
    assert [half[place] for place in by_lot(half, 1, "rows")] == [name for name in order if name in half]
    assert by_lot(NAMES, 2, "rows") != by_lot(NAMES, 1, "rows") != by_lot(NAMES, 1, "mixture")


def test_a_chance_is_of_the_name_and_the_seed_alone():
    found = [chance(name, 1, "instruction") for name in NAMES]
    assert all(0 <= one < 1 for one in found)
    assert found == [chance(name, 1, "instruction") for name in NAMES]
    assert found != [chance(name, 2, "instruction") for name in NAMES]
    assert 60 < sum(one < 0.8 for one in found) < 95
