"""Lists of a rowset's `choose` are written once, and stand for a rowset and an arm a combination."""

import pytest
from rated_study import SUBSETS, rated

from kotune.core.errors import UserError

MADE = ["lima_random_4", "lima_random_16", "lima_quality_4", "lima_quality_16"]


def test_lists_make_a_rowset_and_an_arm_of_each_combination(tmp_path):
    found = rated(tmp_path, {"lima": SUBSETS}, arms={"lima": "lima"}, model_cards=["qlora", "lima"])
    assert [arm for arm in found.arms if arm.startswith("lima")] == MADE == list(found.chosen)
    assert found.arms["lima_quality_4"]["rowset"] == "lima_quality_4"
    assert found.chosen["lima_quality_4"] == {"of": "all", "choose": {"by": "quality", "rows": 4}}
    assert found.settings["model_cards"] == ["qlora", *MADE]


def test_a_single_choice_keeps_its_name(tmp_path):
    given = {"of": "all", "choose": {"by": "random", "rows": 4}}
    assert list(rated(tmp_path, {"few": given}, quality=None, arms={"few": "few"}).chosen) == ["few"]


def test_a_scale_may_give_all_of_them_fewer_seeds(tmp_path):
    scales = {"mini": {"arms": {"base": None, "qlora": None, "lima": 1}}}
    found = rated(tmp_path, {"lima": SUBSETS}, arms={"lima": "lima"}, scales=scales, seeds=[1, 2])
    assert found.seeds_of("qlora") == [1, 2]
    assert [found.seeds_of(arm) for arm in MADE] == [[1]] * 4


@pytest.mark.parametrize(
    ("rowsets", "more", "message"),
    [
        ({"lima_random_4": {}}, {}, "rowset 'lima': the lists of its 'choose' make 'lima_random_4', and there is one"),
        ({"small": {"of": "lima", "add": ["a"]}}, {}, "rowset 'small', of: .* make several rowsets of 'lima'"),
        ({}, {"contrasts": {"few": ["qlora", "lima"]}}, "contrasts.few: .* several arms of 'lima'; name one of lima_r"),
        ({}, {"scales": {"mini": {"rowsets": {"lima": {}}}}}, "scales.mini.rowsets: .* name lima_random_4"),
    ],
)
def test_places_that_need_one_of_them_are_refused(tmp_path, rowsets, more, message):
    with pytest.raises(UserError, match=message):
        rated(tmp_path, {"lima": SUBSETS, **rowsets}, arms={"lima": "lima"}, **more)
