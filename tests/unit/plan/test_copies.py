"""What the comparison of ways to split rows is asked: all rows of the first arm, the study's shares, its own way."""

import dataclasses

import pytest
from plans import Job, plan_for
from studies import study

from kotune.core.errors import UserError
from kotune.plan import copies

JOB = Job(study="everyday-talk")


def test_all_splits_are_put_together_and_cut_by_the_studys_own_shares():
    plan = plan_for("everyday-talk")
    found = copies.settings(plan, JOB)
    assert found["by"] == "answer" and found["gold"] == "output"
    assert found["columns"] == ["instruction", "input", "system"]
    assert found["split"] == {"valid": 0.05, "test": 0.1, "seed": 42}
    names = [path.rpartition("/")[2] for path in copies.files(plan, JOB)]
    assert names == ["train.parquet", "valid.parquet", "test.parquet", "test-seen.parquet"]


def test_rows_that_are_not_split_here_cannot_be_compared():
    talk = study("everyday-talk")
    copies.check(talk)
    whole = {key: value for key, value in talk.settings.items() if key != "split"}
    with pytest.raises(UserError, match="everyday-talk.yaml, copies: .* say shares under the key 'split'"):
        copies.check(dataclasses.replace(talk, settings=whole))
