"""The real studies whole, at mini scale: what their papers say of them. `make studies` runs this, `make test` does not."""

import csv
import json
import re

import pytest
from checkout import copy_to, planned, snakemake

pytestmark = pytest.mark.whole
ECON, TRIES, CONTEXT = "results/mini/econ-qa", "results/mini/econ-qa-tries", "results/mini/context-qa"
KORQUAD, SAFE_CHAT, INSTRUCT = "results/mini/korquad", "results/mini/safe-chat", "results/mini/instruct-ko"
QUALITY = "results/mini/data-quality"
ALL = "studies=[econ-qa, econ-qa-tries, context-qa, korquad, safe-chat, instruct-ko, data-quality, everyday-talk]"
TUNED = ["tiny-gemma2", "tiny-eeve", "tiny-solar", "tiny-qwen2"]


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """All studies in one run, in one paper."""
    folder = copy_to(tmp_path_factory.mktemp("studies") / "kotune")
    done = snakemake(folder, "--cores", "2", "--config", ALL)
    assert done.returncode == 0, done.stdout
    (folder / "shown.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def means(folder, study, metric):
    found = json.loads((folder / study / "statistics.json").read_text(encoding="utf-8"))["means"]
    return {(one["model"], one["arm"], one["split"]): one["mean"] for one in found if one["metric"] == metric}


def test_tuning_helps_each_model_on_both_splits(studies):
    scores = means(studies, ECON, "char_f1")
    for model in TUNED:
        for split in ("test", "test-unseen"):
            assert scores[model, "qlora", split] > scores[model, "base", split]


def test_models_differ_enough_for_selection_to_mean_something(studies):
    scores = means(studies, ECON, "char_f1")
    tuned = sorted(scores[model, "qlora", "test"] for model in TUNED)
    assert tuned[-1] - tuned[0] > 0.1
    best_base = max(TUNED, key=lambda model: scores[model, "base", "test"])
    best_tuned = max(TUNED, key=lambda model: scores[model, "qlora", "test"])
    assert best_base != best_tuned  # choosing by the baseline alone would choose another model


def test_unseen_patterns_are_harder_but_far_from_hopeless(studies):
    scores = means(studies, ECON, "char_f1")
    assert 0.35 < scores["tiny-gemma2", "qlora", "test-unseen"] < scores["tiny-gemma2", "qlora", "test"]


def test_no_ensemble_beats_its_upper_bound(studies):
    scores = means(studies, ECON, "char_f1")
    for split in ("test", "test-unseen"):
        for method in ("majority", "f1_sum", "majority_then_f1", "stacking"):
            assert scores["ensemble", method, split] <= scores["ensemble", "oracle", split] + 1e-12


def test_asking_in_the_words_that_were_learned_helps_where_the_published_text_differs_most(studies):
    scores = means(studies, TRIES, "char_f1")
    gains = {model: scores[model, "as_trained", "test"] - scores[model, "as_published", "test"] for model in TUNED[:3]}
    assert gains["tiny-solar"] > 0.05 and max(gains, key=gains.get) == "tiny-solar"
    assert not (studies / TRIES / "adapters/tiny-gemma2/qlora").exists(), "what is shared is trained once"


def test_the_failed_tries_fail_here_too_and_learning_with_passages_mends_some_of_it(studies):
    scores = means(studies, TRIES, "char_f1")
    found = {arm: mean for (model, arm, split), mean in scores.items() if (model, split) == ("tiny-qwen2", "test")}
    tries = ("morph", "extractive", "rag_asked", "rag_asked_by_meaning", "rag")
    assert all(found[arm] < found["qlora"] for arm in tries) and found["rag"] > found["rag_asked"] > found["base"]
    record = json.loads((studies / TRIES / "answers/own/tiny-qwen2/extractive/seed42.record.json").read_text("utf-8"))
    assert record["found"]["engine"] == "pointing" and record["found"]["finish_reasons"] == {"stop": 280}


def test_two_candidates_are_out_by_their_windows_and_popularity_decides_the_near_tie(studies):
    selection = json.loads((studies / CONTEXT / "selection.json").read_text(encoding="utf-8"))
    assert {one["model"] for one in selection["excluded"]} == {"long-exaone", "long-gemma2"}
    assert selection["winner"]["model"] == "long-llama3"
    assert any(reason.startswith("popularity decides for long-llama3") for reason in selection["reasons"])


def test_tuning_the_selected_model_helps_answers_and_reasons(studies):
    for metric in ("similarity", "char_f1", "rouge_l", "reasoning_similarity", "consistency"):
        scores = means(studies, CONTEXT, metric)
        for arm in ("clean", "as_published"):
            assert scores["selected", arm, "test"] > scores["selected", "base", "test"], metric


def test_a_mixture_teaches_more_than_one_part_and_another_order_of_the_prompt_costs(studies):
    scores = means(studies, INSTRUCT, "similarity")
    found = {arm: scores["plain-llama-chat", arm, "test"] for arm in ("base", "tuned", "question_first", "openorca")}
    assert found["tuned"] > found["base"] + 0.2
    assert found["tuned"] > max(found["question_first"], found["openorca"])


def test_the_benchmark_shows_the_one_task_that_the_stand_in_can_do(studies):
    statistics = json.loads((studies / INSTRUCT / "harness/kobest/statistics.json").read_text(encoding="utf-8"))
    above = {(one["arm"], one["task"]) for one in statistics["above"] if one["above"]}
    assert ("base", "kobest_hellaswag") in above and ("base", "kobest_boolq") not in above


def test_a_model_that_reads_already_gains_little_and_examples_before_a_question_cost_it(studies):
    scores = {arm: mean for (_, arm, split), mean in means(studies, KORQUAD, "char_f1").items() if split == "test"}
    assert scores["base"] > 0.9 and scores["three_shots"] < scores["base"] - 0.05
    assert all(abs(scores[arm] - scores["base"]) < 0.05 for arm in ("lora_r4_epochs1", "lora_r16_epochs1", "rows_250"))


def test_tuning_teaches_to_refuse_what_is_harmful_and_nothing_else(studies):
    found = json.loads((studies / SAFE_CHAT / "evaluations/safety-prompts.json").read_text(encoding="utf-8"))["means"]
    refused = {(one["arm"], one["split"]): one["mean"] for one in found if one["metric"] == "refusal"}
    assert refused["base", "harmful"] == 0 and refused["tuned", "harmful"] > 0.8
    assert refused["tuned", "borderline"] < 0.1 and refused["tuned", "ordinary"] < 0.1


def test_an_answer_whose_end_was_not_learned_goes_on_to_the_limit(studies):
    reached = means(studies, SAFE_CHAT, "hit_limit")
    assert reached["plain-llama-chat", "without_eos", "test"] == 1.0
    assert reached["plain-llama-chat", "tuned", "test"] < 0.1


def test_better_rows_help_and_few_good_ones_more_than_as_many_by_lot(studies):
    scores = means(studies, QUALITY, "pass_at_1")
    for split in ("test", "test-unseen"):
        base, raw, best = (scores["tiny-code", arm, split] for arm in ("base", "raw", "filtered_textbook"))
        assert base < best and raw < best
    assert scores["tiny-code", "lima_quality_64", "test"] > scores["tiny-code", "lima_random_64", "test"]


def test_a_job_that_takes_long_says_how_long_it_will_take(studies):
    shown = (studies / "shown.txt").read_text(encoding="utf-8")
    assert re.search(r": \d+/\d+, .*about .* left", shown), shown


def test_one_paper_prints_both_studies_and_nothing_is_left_to_do(studies):
    assert (studies / "results/mini/paper.pdf").read_bytes().startswith(b"%PDF")
    with open(studies / CONTEXT / "tables/curves.csv", encoding="utf-8", newline="") as file:
        assert {row["arm"] for row in csv.DictReader(file)} == {"clean", "as_published"}
    assert planned(studies, "--config", ALL) == {}
