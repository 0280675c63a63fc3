"""What the choice of a model reads and is asked, and what later jobs learn of the model that won."""

import pytest
from plans import Job, plan_for

from kotune.plan import answers, choice, models, prompts

STUDY = Job(study="context-qa")


@pytest.fixture(scope="module")
def plan():
    return plan_for("context-qa")


def test_the_census_counts_the_prompts_that_candidates_answer_before_tuning(plan):
    candidates = list(plan.studies["context-qa"].models)
    assert [one["name"] for one in choice.census_models(plan, STUDY)] == candidates
    assert all(one["prompts"].endswith("/all/context-qa.two_turn") for one in choice.census_models(plan, STUDY))
    splits = choice.census_splits(plan, STUDY)
    assert len(choice.census_prompts(plan, STUDY)) == len(candidates) * len(splits) and "train" in splits
    assert len(choice.census_tokenizers(plan, STUDY)) == len(candidates)


def test_reasoning_is_counted_where_rows_bring_it(plan):
    assert "cot_answer" in choice.census(plan, STUDY)["text_columns"]
    without = plan_for("context-qa", without_reasoning=["context-qa"])
    assert "cot_answer" not in choice.census(without, STUDY)["text_columns"]


def test_embedders_score_the_answers_of_the_bases(plan):
    files = [one["path"] for one in choice.embedders_answers(plan, STUDY)]
    assert files == choice.candidates_answers(plan, STUDY)
    assert all("/answers/own/" in file and "/base/" in file for file in files)


def test_a_winner_that_is_tuned_later_is_chosen_on_the_candidates_alone(plan):
    assert choice.statistics_file(plan, STUDY) == "results/mini/context-qa/candidates.json"
    econ = Job(study="econ-qa")
    assert choice.statistics_file(plan_for(), econ) == "results/mini/econ-qa/statistics.json"
    assert choice.census_file(plan_for(), econ) == [] and choice.census_file(plan, STUDY)


def test_a_rule_is_told_the_facts_of_each_candidate(plan):
    asked = choice.selection(plan, STUDY)
    assert set(asked["facts"]) == set(asked["order"]) and "arms" not in asked["rule"]
    assert "rule" not in choice.selection(plan_for(), Job(study="econ-qa"))


def test_each_part_of_the_selected_settings_is_what_the_candidate_itself_would_be_given(plan):
    prompt = "context-qa.two_turn"
    for model in plan.studies["context-qa"].models:
        own = Job(study="context-qa", evaluation="own", model=model, arm="base", rowset="all", prompt=prompt)
        for part, settings in (
            ("model", models.settings),
            (f"rendering-{prompt}", prompts.rendering),
            (f"generation-{prompt}", answers.generation),
        ):
            assert choice.selected(plan, Job(study="context-qa", part=part))[model] == settings(plan, own)


def test_how_answers_are_generated_is_no_reason_to_train_again(plan):
    other = plan_for("context-qa")
    other.studies["context-qa"].evaluations["own"].generation["repetition_penalty"] = 1.5
    changed = {
        part: choice.selected(other, Job(study="context-qa", part=part))
        != choice.selected(plan, Job(study="context-qa", part=part))
        for part in ("model", "rendering-context-qa.two_turn", "generation-context-qa.two_turn")
    }
    assert list(changed.values()) == [False, False, True]


def test_curves_are_those_of_the_arms_that_train(plan):
    assert choice.curve_files(plan, STUDY) == [
        f"results/mini/context-qa/adapters/selected/{arm}/seed42/curve.jsonl" for arm in ("clean", "as_published")
    ]
