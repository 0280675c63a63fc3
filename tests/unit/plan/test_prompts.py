"""What the rendering of prompts is asked: for one family, and room for an answer left in the window."""

import pytest
from plans import Job, plan_for

from kotune.plan import prompts
from kotune.study import wording

ASKED = Job(study="econ-qa", model="tiny-gemma2", rowset="all", prompt="econ-qa.clean")


@pytest.fixture(scope="module")
def plan():
    return plan_for()


def test_a_model_is_asked_in_the_words_of_its_own_family_alone(plan):
    rendering = prompts.rendering(plan, ASKED)
    assert list(rendering["prompt"]["content"]["families"]) == ["gemma2"]
    assert (rendering["prompt"]["name"], rendering["prompt"]["variant"]) == ("econ-qa", "clean")
    assert rendering["family"] == wording.family_content("gemma2")


def test_the_answer_has_its_room_in_the_window(plan):
    study = plan.studies["econ-qa"]
    window = study.models["tiny-gemma2"]["context_window"]
    assert prompts.rendering(plan, ASKED)["max_tokens"] == window - wording.new_tokens(study)


def test_a_mark_that_cuts_answers_renders_nothing_again(plan):
    said = prompts.rendering(plan, Job(ASKED, prompt="econ-qa.as_published"))
    assert all("cut_at" not in parts for parts in said["prompt"]["content"]["families"].values())


def test_prompts_of_the_selected_model_wait_for_their_settings():
    plan = plan_for("context-qa")
    wildcards = Job(study="context-qa", model="selected", rowset="all", prompt="context-qa.two_turn")
    assert prompts.rendering(plan, wildcards) is None
    assert prompts.selected_file(plan, wildcards) == [
        "results/mini/context-qa/selected/rendering-context-qa.two_turn.json"
    ]
    assert prompts.selected_file(plan, Job(wildcards, model="long-qwen2")) == []
