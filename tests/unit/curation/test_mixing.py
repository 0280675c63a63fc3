"""Mixing: how much of a part is taken, by rows or tokens, and that nothing else in the mixture changes which rows."""

import pytest

from kotune.core.errors import UserError
from kotune.curation import mixing

IDS = [f"a:{number}" for number in range(100)]
TOKENS = [10 + number % 7 for number in range(100)]


def taken(weights="rows", ids=IDS, seed=1, **part):
    return mixing.taken({"name": "a", **part}, ids, TOKENS[: len(ids)], weights, seed)


def places(found):
    return [place for place, _ in found.places]


def test_a_weight_of_one_takes_each_row_once_in_its_order():
    found = taken(weight=1)
    assert found.places == [(place, 1) for place in range(100)]
    assert (found.planned, found.whole, found.some) == (100, 1, 0)


def test_a_weight_above_one_repeats_all_rows_and_draws_the_rest():
    found = taken(weight=2.25)
    assert len(found.places) == found.planned == 225
    assert [copy for _, copy in found.places].count(1) == [copy for _, copy in found.places].count(2) == 100
    assert len(set(found.places)) == 225, "no row twice as the same copy"
    assert (found.whole, found.some) == (2, 25)


def test_a_weight_below_one_draws_rows_that_a_larger_weight_has_too():
    few, more = taken(weight=0.2), taken(weight=0.6)
    assert (len(few.places), len(more.places)) == (20, 60)
    assert set(places(few)) <= set(places(more)) and places(few) == sorted(places(few))
    assert places(few) != places(taken(weight=0.2, seed=2))


def test_other_rows_of_the_part_change_no_draw_among_those_that_stay():
    few = {IDS[place] for place in places(taken(weight=0.5))}
    half = IDS[:50]
    drawn = {half[place] for place in places(taken(ids=half, cap=10))}
    assert drawn & set(half) and len(drawn) == 10
    first = [one for one in few if one in half]
    assert first, "of the same lots, the first are drawn in both"


def test_by_tokens_the_quota_is_met_as_nearly_as_whole_rows_can():
    found = taken("tokens", weight=0.5)
    total = sum(TOKENS[place] for place in places(found))
    assert found.planned == sum(TOKENS) / 2 and abs(total - found.planned) <= max(TOKENS) / 2
    capped = taken("tokens", cap=100)
    assert abs(sum(TOKENS[place] for place in places(capped)) - 100) <= max(TOKENS) / 2


def test_a_cap_above_what_there_is_is_an_error_but_not_for_a_stand_in():
    with pytest.raises(UserError, match=r"part 'a', cap: 500 is above the 100 rows that are left of it; lower it"):
        taken(cap=500)
    assert len(taken(cap=500, stand_in=True).places) == 100


def test_a_weight_that_takes_nothing_is_an_error():
    with pytest.raises(UserError, match=r"part 'a': of its 100 rows nothing is taken; raise its weight or cap"):
        taken(weight=0.001)


def test_a_part_that_is_redrawn_keeps_all_rows_and_plans_its_share():
    found = taken(weight=0.25, redraw_each_epoch=True)
    assert (len(found.places), found.planned) == (100, 25)
