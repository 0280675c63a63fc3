"""A rowset may be made of an arm's samples: an arm with it learns them, and is asked what the sampled arm is asked."""

import pytest
from sampling import AGAIN, sampling

from kotune.core.errors import UserError


def test_an_arm_that_learns_samples_is_asked_the_rows_of_the_arm_sampled(tmp_path):
    found = sampling(tmp_path, at_least=1.0)
    assert (found.arms["again"]["rowset"], found.arms["again"]["learns"]) == ("all", "kept")
    assert "learns" not in found.arms["qlora"]
    assert found.sampled == {"kept": {"arm": "qlora", "evaluation": "again", "at_least": 1.0}}


def test_a_base_was_sampled_with_the_first_seed(tmp_path):
    found = sampling(tmp_path, arm="base")
    assert found.samples_seed("kept", 7) == found.seeds[0]
    found.sampled["kept"]["arm"] = "qlora"
    assert found.samples_seed("kept", 7) == 7


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"arm": "qlra"}, "rowset 'kept', key 'from': unknown arm 'qlra'; did you mean 'qlora'"),
        ({"arm": "again"}, "arms learn from one another's samples: again from again"),
        ({"asked": ["base"]}, "the arm 'qlora' is not asked 'again'; add it there"),
        ({"metric": "char_f1"}, "'again' does not measure 'char_f1'"),
        ({"evaluation": {**AGAIN, "title": 3}}, "again.yaml: key 'title'"),
        ({"max": 3}, "unknown key 'max'"),
    ],
)
def test_samples_that_nobody_gives_are_refused(tmp_path, given, message):
    with pytest.raises(UserError, match=message):
        sampling(tmp_path, **given)
