"""What talking to a tuned model and handing it on share: the study, the seed and the command that makes a file."""

import pytest

from kotune.core.errors import UserError
from kotune.plan.named import Named, Wanted


def test_a_command_names_scale_and_rows():
    found = Named(Wanted("safe-chat", scale="mini", data="rows.jsonl"))
    found.arm = "tuned"
    said = "snakemake file --cores 1 --config scale=mini studies='[safe-chat]' data='{safe-chat: rows.jsonl}'"
    assert found.command("file") == found.command("file", "safe-chat") == said


def test_a_shared_arms_files_are_made_by_the_study_whose_it_is():
    found = Named(Wanted("econ-qa-tries", scale="mini"))
    found.arm = "as_trained"
    owner = found.study.owner_of(found.arm)
    assert f"studies='[{owner}]'" in found.command("file")
    assert "studies='[econ-qa-tries]'" in found.command("file", "econ-qa-tries")


def test_the_first_seed_is_meant_where_none_is_named_and_another_is_refused():
    found = Named(Wanted("safe-chat", scale="mini"))
    found.arm = "tuned"
    assert found.seed_of(None) == found.seed_of(3407) == 3407
    with pytest.raises(UserError, match="--seed: 'tuned' has no seed 7; known: 3407"):
        found.seed_of(7)
