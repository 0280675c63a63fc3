"""An arm that lacks what its method asks is refused before anything runs; further cases: data/bad_input/."""

from dataclasses import replace

import pytest
import yaml
from sampling import AGAIN, sampling

from kotune.core.errors import UserError
from kotune.plan.method_needs import check_needs, learns_pairs
from kotune.rows.task import task_named

SAMPLED = {**AGAIN, "protocol": {"generation": {"samples": 4, "do_sample": True, "temperature": 1.0}}}


@pytest.fixture
def study(tmp_path):
    """econ-qa with a rowset of pairs that an arm learns."""
    return sampling(tmp_path, evaluation=SAMPLED, at_least=1.0, pairs=2)


def arm(study, **changes):
    treatment = study.arms["again"]
    recipe = {**treatment["recipe"], "method": "dpo", **changes.pop("recipe", {})}
    return {**treatment, "recipe": recipe, "from": "qlora", **changes}


def test_an_arm_that_has_all_of_it_passes(study):
    check_needs(study, "again", arm(study))
    check_needs(study, "qlora", study.arms["qlora"])
    assert learns_pairs(study, arm(study)) and not learns_pairs(study, study.arms["qlora"])


def test_what_is_not_there_is_named(study):
    bare = {key: value for key, value in arm(study).items() if key != "from"}
    where = "config/studies/econ-qa.yaml, arm 'again'"
    with pytest.raises(UserError, match=f"{where}: the method 'dpo' goes on from another arm's adapter; name that"):
        check_needs(study, "again", bare)
    with pytest.raises(UserError, match=f"{where}, rowset: the method 'dpo' learns pairs .* 'all' has none; name a"):
        check_needs(study, "again", {key: value for key, value in arm(study).items() if key != "learns"})
    with pytest.raises(UserError, match=f"{where}: the method 'dpo' trains an adapter on one GPU; take `cards` out"):
        check_needs(study, "again", arm(study, cards=2))
    watched = arm(study, recipe={"trainer": {"eval_strategy": "steps"}})
    with pytest.raises(UserError, match=f"{where}: trainer.eval_strategy of its recipe wants pairs in valid"):
        check_needs(study, "again", watched)


def test_rows_of_the_task_preference_are_pairs_in_valid_too(study):
    own = replace(study.own, task=task_named("preference"))
    preferring = replace(study, evaluations={**study.evaluations, "own": own})
    treatment = arm(study, recipe={"trainer": {"eval_strategy": "steps"}})
    check_needs(preferring, "again", {key: value for key, value in treatment.items() if key != "learns"})


def test_pairs_need_several_answers_to_a_row(tmp_path):
    with pytest.raises(UserError, match="rowset 'kept', key 'from': pairs are made of several answers to a row, and"):
        sampling(tmp_path, at_least=1.0, pairs=2)


def test_the_recipe_that_ships_names_its_method():
    from kotune.core.names import ROOT

    recipe = yaml.safe_load((ROOT / "config/recipes/dpo-r16.yaml").read_text(encoding="utf-8"))
    assert recipe["method"] == "dpo" and recipe["trainer"]["beta"] == 0.1
