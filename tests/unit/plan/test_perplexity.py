"""What measuring held-out answers is asked: all arms of a model, one prompt, every evaluated split."""

import dataclasses

import pytest
from plans import Job, plan_for
from studies import study

from kotune.core.errors import UserError
from kotune.plan import perplexity

JOB = Job(study="everyday-talk", model="plain-gemma2")
FOLDER = "results/mini/everyday-talk"


def test_all_arms_are_measured_on_all_held_out_splits():
    plan = plan_for("everyday-talk")
    told = perplexity.settings(plan, JOB)
    assert [one["arm"] for one in told["arms"]] == ["base", "talk_epochs1", "careful"] and told["untrained"] == []
    assert told["arms"][0]["adapter"] is None
    assert perplexity.adapters(plan, JOB)[0].startswith(f"{FOLDER}/adapters/plain-gemma2/talk_epochs1/seed42/")
    names = ("valid", "test", "test-seen")
    prompts = [f"{FOLDER}/prompts/plain-gemma2/all/safe-chat.clean/{name}.parquet" for name in names]
    assert perplexity.prompts(plan, JOB) == prompts
    assert perplexity.row_files(plan, JOB) == [f"{FOLDER}/rows/all/{name}.parquet" for name in names]
    assert perplexity.lines(plan, JOB) == [f"{FOLDER}/perplexity/plain-gemma2.jsonl"]
    assert perplexity.pattern(plan) == "plain\\-gemma2" and perplexity.told(plan, JOB)["unit"] == "answer"
    whose = perplexity.told(plan, JOB)["answered"]
    assert [one["arm"] for one in whose] == ["base", "talk_epochs1", "careful"]
    assert perplexity.answers(plan, JOB)[1] == f"{FOLDER}/answers/own/plain-gemma2/talk_epochs1/seed42.jsonl"
    assert perplexity.train_file(plan, JOB) == [f"{FOLDER}/rows/all/train.parquet"]


def test_arms_that_are_asked_otherwise_are_refused():
    talk = study("everyday-talk")
    arms = {**talk.arms, "careful": {**talk.arms["careful"], "answers_with": "safe-chat.as_published"}}
    with pytest.raises(UserError, match="perplexity: its arms are asked by safe-chat.clean, safe-chat.as_published"):
        perplexity.check(dataclasses.replace(talk, arms=arms))
    perplexity.check(study("safe-chat"))
