"""What a prompt and a family say to a model, and what ends its answer."""

import pytest
from shortened import rewrite
from studies import copied, study

from kotune.core.errors import UserError
from kotune.study import wording


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="config/prompts/econ-qa.yaml: unknown variant 'clear'; did you mean 'clean'"):
        wording.prompt_content("econ-qa.clear")
    with pytest.raises(UserError, match="config/prompts/: no file 'econqa.yaml'; did you mean 'econ-qa'"):
        wording.prompt_content("econqa.clean")
    with pytest.raises(UserError, match="unknown family 'gema2'; did you mean 'gemma2'"):
        wording.family_content("gema2")


def test_a_mark_that_cuts_answers_renders_no_prompt_anew(tmp_path):
    def cut(prompt):
        prompt["variants"]["clean"]["families"]["gemma2"] = {
            **prompt["variants"]["clean"]["families"]["gemma2"],
            "cut_at": ["."],
        }

    rewrite(copied(tmp_path) / "config/prompts/econ-qa.yaml", cut)
    assert wording.prompt_parts("econ-qa.clean", "gemma2", tmp_path) == wording.prompt_parts("econ-qa.clean", "gemma2")
    marked = wording.ending_of(study(root=tmp_path), "econ-qa.clean", "gemma2")
    assert marked["cleanup"] == {"cut_at": ["."]}
    assert "cleanup" not in wording.ending_of(study(), "econ-qa.clean", "gemma2")


def test_an_answer_ends_where_its_family_ends():
    for family in ("gemma2", "chatml", "solar", "llama3"):
        stops = wording.ending_of(study(), "econ-qa.clean", family)["stop"]
        assert stops and set(stops) <= set(wording.family_content(family)["required_tokens"])
    published = wording.ending_of(study("context-qa"), "context-qa.as_published", "llama3")
    assert published["parts"]["names"] == ["answer", "reasoning"]


def test_the_scales_generation_lies_over_the_studys():
    mini, full = study(), study(scale="full", data={"econ-qa": "klue-mrc-news"})
    assert wording.generation_at(mini)["max_new_tokens"] == 32 and wording.generation_at(full)["max_new_tokens"] == 100
    assert wording.generation_at(mini)["do_sample"] is False


def test_reasoning_takes_room_in_the_window_only_where_there_is_any():
    reasons = study("context-qa")
    assert wording.new_tokens(reasons) > 24 + 96
    without = study("context-qa", without_reasoning=["context-qa"])
    assert wording.new_tokens(without) == 24 and "reasoning_tokens" not in wording.generation_at(without)
    assert wording.ending_of(without, "context-qa.two_turn", "llama3")["parts"]["names"] == ["answer"]
