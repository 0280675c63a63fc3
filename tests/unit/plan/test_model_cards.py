"""What a card is told and reads; which cards are made with the paper; what cannot have one."""

from dataclasses import replace

import pytest
import toy_cards
from plans import Job, plan_for
from rated_study import rated
from studies import configuration, study

from kotune.core.errors import UserError
from kotune.plan import model_cards, report

HOME = "results/mini/econ-qa/cards/tiny-gemma2/qlora/seed42"


def test_no_card_is_made_that_nobody_asks_for():
    assert model_cards.targets(plan_for()) == []


def test_what_is_taken_home_gets_a_card_and_each_form_its_own():
    plan = plan_for(export={"econ-qa": {"arms": ["qlora"], "models": ["ko-gemma-2-9b-it"], "forms": ["merged"]}})
    assert model_cards.targets(plan) == [f"{HOME}/README.md", f"{HOME}/merged/README.md"]
    assert f"{HOME}/README.md" in report.targets(plan)


def test_a_study_asks_for_cards_of_its_arms():
    plan = plan_for("safe-chat")
    asked = replace(
        plan.studies["safe-chat"], settings={**plan.studies["safe-chat"].settings, "model_cards": ["tuned"]}
    )
    found = model_cards.targets(replace(plan, studies={"safe-chat": asked}))
    assert found == ["results/mini/safe-chat/cards/plain-llama-chat/tuned/seed3407/README.md"]


@pytest.mark.parametrize(
    ("arms", "told"),
    [
        (["tund"], "model_cards: unknown arm 'tund'; did you mean 'tuned'"),
        (["base"], "model_cards: 'base' has no adapter of its own"),
        (["as_published"], "model_cards: 'as_published' has no adapter of its own that a card could be of"),
    ],
)
def test_an_arm_that_cannot_have_a_card_is_refused(arms, told):
    found = study("safe-chat")
    with pytest.raises(UserError, match=told):
        model_cards.check(replace(found, settings={**found.settings, "model_cards": arms}))


def test_a_card_reads_records_of_adapter_rows_prompts_and_scores():
    plan, job = plan_for("safe-chat"), toy_cards.job()
    start = "results/mini/safe-chat"
    assert model_cards.adapter_files(plan, job)[-1] == f"{start}/adapters/plain-llama-chat/tuned/seed3407/record.json"
    assert model_cards.audit(plan, job) == [f"{start}/rows/all/audit.json"]
    assert model_cards.prompts_file(plan, job) == [f"{start}/prompts/plain-llama-chat/all/safe-chat.clean/prompts.json"]
    assert model_cards.statistics(plan, job) == [f"{start}/statistics.json"]
    assert model_cards.evaluations(plan, job) == [f"{start}/evaluations/safety-prompts.json"]
    assert (
        model_cards.leaks(plan, job) == [f"{start}/leaks.json"]
        and model_cards.leaks(plan_for(), Job(job, study="econ-qa")) == []
    )
    assert model_cards.exported(plan, Job(job, form="")) == []
    record = f"{start}/exports/plain-llama-chat/tuned/seed3407/merged.json"
    assert model_cards.exported(plan, Job(job, form="merged/")) == [record]


def test_a_stand_in_says_whose_place_it_takes_and_a_real_base_what_its_licence_asks():
    mini = toy_cards.settings()["models"]["plain-llama-chat"]["base"]
    assert mini["stands_for"] == "unsloth/Meta-Llama-3.1-8B" and mini["hub_id"] is None
    real = toy_cards.settings("full")["models"]["llama-3.1-8b"]["base"]
    assert real["hub_id"] == "unsloth/Meta-Llama-3.1-8B" and real["stands_for"] is None
    assert real["handed_on"]["name_begins"] == "Llama" and real["commercial"] == "conditions"
    assert real["doubtful"] == ["architecture", "gated"] and not real["unverified"]


def test_settings_name_the_metrics_and_the_columns_that_are_asked():
    told = toy_cards.settings()
    assert told["columns"] == ["instruction", "input"] and "system" in told["empty"]
    assert told["results"]["primary_metric"] == "similarity" and told["results"]["splits"] == ["test"]
    assert told["evaluations"]["safety-prompts"]["data"]["name"] == "safety-prompts"
    assert told["models"]["plain-llama-chat"]["stops"] == ["<|end_of_text|>"]


def test_rows_that_a_user_brought_are_not_named(tmp_path):
    rows = tmp_path / "secret-customers.csv"
    rows.write_text("instruction,output\n가,나\n", encoding="utf-8")
    config = configuration(data={"safe-chat": str(rows)})
    (said,) = model_cards.data_facts(study("safe-chat", data=config["data"]), config, "tuned")
    assert said["name"] == "own-rows" and said["redistribution"] is None and said["licence"] == "not stated"


def test_a_mixture_is_those_of_its_parts_that_an_arm_learns():
    full, mini = (study("instruct-ko", scale=scale) for scale in ("full", "mini"))
    said = model_cards.data_facts(full, configuration(), "tuned")
    assert [(one["name"], one["licence"]) for one in said] == [
        ("koalpaca-v1.1a", "none stated"), ("openorca-ko", "mit"), ("openassistant-guanaco-ko", "apache-2.0"),
    ]  # fmt: skip
    assert [one["name"] for one in model_cards.data_facts(full, configuration(), "openorca")] == ["openorca-ko"]
    assert [one["name"] for one in model_cards.data_facts(mini, configuration(), "openorca")] == ["mini-openorca-ko"]


def test_a_card_of_a_mixture_and_of_a_benchmark_reads_both():
    plan = plan_for("instruct-ko")
    job = Job(study="instruct-ko", model=next(iter(plan.studies["instruct-ko"].models)), arm="tuned", seed="42")
    start = "results/mini/instruct-ko"
    assert model_cards.harness(plan, job) == [f"{start}/harness/kobest/statistics.json"]
    assert model_cards.mixture(plan, job) == [f"{start}/mixture/mixture.json"]
    assert list(model_cards.settings(plan, job)["harness"]) == ["kobest"]
    other = Job(job, arm="question_first")
    assert model_cards.harness(plan, other) == [] and model_cards.mixture(plan_for(), Job(job, study="econ-qa")) == []


def test_the_selected_model_is_told_of_each_that_it_may_be():
    told = model_cards.settings(
        plan_for("context-qa"), Job(study="context-qa", model="selected", arm="clean", seed="42")
    )
    assert len(told["models"]) > 1 and told["model"] == "selected"


def test_data_sets_whose_rows_are_added_are_said_behind_the_studys_own(tmp_path):
    found = rated(tmp_path, {"more": {"of": "all", "add": ["mini-korquad"]}}, quality=None, arms={"more": "more"})
    said = model_cards.data_facts(found, configuration(), "more")
    assert [one["name"] for one in said] == ["mini-econ-news", "mini-korquad"]
