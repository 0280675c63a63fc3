"""Seeds: the configuration's before the study's, and an arm's own number of them."""

import pytest
import studies
from changed_study import changed_study

from kotune.core.errors import UserError

ARM = {"rowset": "all", "prompt": "econ-qa.clean", "recipe": "qlora-r6", "models": ["ko-gemma-2-9b-it"]}


def changed(root, change, **settings):
    return changed_study(
        root, lambda study: study.update(change) if isinstance(change, dict) else change(study), **settings
    )


def test_a_study_has_its_own_seeds_unless_the_configuration_names_some(tmp_path):
    assert studies.study().seeds == [42]
    own = {"seeds": [1, 2, 3], "scales": {"mini": {"seeds": [7, 8]}}}
    assert changed(tmp_path, own).seeds == [7, 8]
    assert studies.study(root=tmp_path, scale="full", data={"econ-qa": "none.csv"}).seeds == [1, 2, 3]
    assert studies.study(root=tmp_path, seeds=[5]).seeds == [5]
    assert studies.study("econ-qa-tries", root=tmp_path).seeds == [7, 8], "as the study whose arms it shares"


def test_an_arm_has_the_first_so_many_and_no_more_than_the_one_it_starts_from(tmp_path):
    def change(study):
        study["seeds"] = [3, 1, 2]
        study["arms"] |= {
            "few": {**ARM, "seeds": 2},
            "many": {**ARM, "seeds": 9},
            "more": {**ARM, "from": "few"},
            "asked": {"adapter": "few", "answers_with": "econ-qa.as_trained"},
            "shots": {"adapter": "base", "answers_with": "econ-qa.as_trained", "models": ["ko-gemma-2-9b-it"]},
        }

    found = changed(tmp_path, change)
    assert {arm: found.seeds_of(arm) for arm in found.arms} == {
        "base": [3],
        "qlora": [3, 1, 2],
        "few": [3, 1],
        "many": [3, 1, 2],
        "more": [3, 1],
        "asked": [3, 1],
        "shots": [3],
    }
    assert [one for one in found.treatments() if one[1] == "few"] == [
        ("tiny-gemma2", "few", 3),
        ("tiny-gemma2", "few", 1),
    ]


def test_ensembles_have_the_seeds_of_their_arm(tmp_path):
    def change(study):
        study["seeds"] = [1, 2, 3]
        study["arms"]["qlora"]["seeds"] = 2

    found = changed(tmp_path, change)
    assert {seed for _, _, seed in found.ensemble_treatments()} == {1, 2}


def test_a_base_has_no_seeds_to_choose(tmp_path):
    with pytest.raises(UserError, match="arm 'base', key 'seeds': it is not tuned, so it has one run"):
        changed(tmp_path, lambda study: study["arms"]["base"].update(seeds=2))
