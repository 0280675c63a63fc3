"""Each comparison that a study's text speaks of is made, and once."""

import pytest
from changed_study import changed_study
from studies import study

from kotune.core.errors import UserError
from kotune.study.comparisons import candidates_comparisons, comparisons_of


def named(pairs, name):
    return [(tuple(pair["a"].values()), tuple(pair["b"].values())) for pair in pairs if pair["name"] == name]


def test_tuned_models_are_compared_with_their_base_and_with_each_other():
    pairs = comparisons_of(study())
    with_base = named(pairs, "qlora-vs-base")
    assert len(with_base) == 4 and all(a == (b[0], "base") and b[1] == "qlora" for a, b in with_base)
    between = named(pairs, "between-models")
    assert len(between) == len({frozenset(pair) for pair in between}) == 6


def test_each_ensemble_is_compared_with_each_member_whatever_the_seeds():
    for seeds in ([42], [1, 2, 3]):
        pairs = named(comparisons_of(study(seeds=seeds)), "ensemble-vs-member")
        assert len(pairs) == len(set(pairs)) == 5 * 3
        assert (("tiny-solar", "qlora"), ("ensemble", "stacking")) in pairs


def test_a_study_that_tunes_its_winner_compares_candidates_and_arms():
    pairs = comparisons_of(study("context-qa"))
    candidates = candidates_comparisons(study("context-qa"))
    assert len(candidates) == 6 and {pair["name"] for pair in candidates} == {"between-candidates"}
    assert all(pair in pairs for pair in candidates)
    assert named(pairs, "clean-vs-base") == [(("selected", "base"), ("selected", "clean"))]
    assert named(pairs, "between-arms") == [(("selected", "clean"), ("selected", "as_published"))]


ARM = {"rowset": "all", "prompt": "econ-qa.clean", "recipe": "qlora-r6"}


def with_contrasts(**contrasts):
    def change(study):
        study["arms"]["second"] = {**ARM, "models": ["ko-gemma-2-9b-it"]}
        study["arms"]["third"] = {**ARM, "models": ["llama-3.2-3b-instruct"]}
        study["contrasts"] = contrasts

    return change


def test_contrasts_are_a_kind_of_their_own_of_each_model_that_both_arms_have(tmp_path):
    found = [
        one
        for one in comparisons_of(changed_study(tmp_path, with_contrasts(mine=["qlora", "second"])))
        if one["name"] == "mine"
    ]
    sides = {"a": {"model": "tiny-gemma2", "arm": "qlora"}, "b": {"model": "tiny-gemma2", "arm": "second"}}
    assert found == [{"name": "mine", "claim": "contrasts", **sides}]


@pytest.mark.parametrize(
    ("contrasts", "message"),
    [
        ({"mine": ["qlora", "secnd"]}, "contrasts.mine: unknown arm 'secnd'; did you mean 'second'"),
        ({"mine": ["third", "second"]}, "contrasts.mine: no model has both 'third' and 'second'"),
        ({"mine": ["qlora", "second"], "again": ["second", "qlora"]}, "contrasts.again: it has the arms of 'mine'"),
        ({"mine": ["base", "second"]}, "contrasts.mine: 'base' and 'second' are compared anyway"),
    ],
)
def test_contrasts_that_say_nothing_new_are_refused(tmp_path, contrasts, message):
    with pytest.raises(UserError, match=message):
        comparisons_of(changed_study(tmp_path, with_contrasts(**contrasts)))


def test_each_rung_is_compared_with_the_one_before_and_known_pairs_once(tmp_path):
    def change(study):
        study["arms"] |= {"second": dict(ARM), "third": {**ARM, "from": "second"}}
        study["ladder"] = ["base", "qlora", "second", "third"]

    pairs = comparisons_of(changed_study(tmp_path, change))
    assert {(pair["a"]["arm"], pair["b"]["arm"]) for pair in pairs if pair["claim"] == "ladder"} == {
        ("qlora", "second")
    }
    assert len(named(pairs, "second-vs-qlora")) == 4 and len(named(pairs, "third-vs-second")) == 5
    with pytest.raises(UserError, match=r"ladder: unknown arm 'secnd'; did you mean 'second'"):
        changed_study(tmp_path, lambda study: study.update(ladder=["base", "secnd"]))
