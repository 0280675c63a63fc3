"""Findings: the counts and extremes that the paper chooses its words by are numbers like any other."""

from __future__ import annotations

import fake_results
import pytest

METRIC = "char_f1"


def test_words_are_chosen_from_counts_that_are_numbers_too(plain):
    numbers = plain.numbers
    start = "econ-qa.finding.qlora.test.char_f1"
    differences = [numbers[f"econ-qa.qlora.{name}.minus.base.{name}.test.char_f1"] for name in fake_results.TUNED]
    assert numbers[f"{start}.models"]["value"] == len(differences)
    assert numbers[f"{start}.higher"]["value"] == sum(one["value"] > 0 for one in differences)
    assert numbers[f"{start}.surely_higher"]["value"] == sum(one["verdict"] == "higher" for one in differences)
    assert [
        numbers[f"econ-qa.qlora.{name}.minus.base.{name}.test.char_f1.p_holm"]["family"] for name in fake_results.TUNED
    ]
    assert f"{start[:-7]}exact_match.surely_higher" not in numbers, "words are for the primary metric alone"
    assert numbers[f"{start}.largest"]["value"] == max(one["value"] for one in differences)


@pytest.mark.parametrize(
    ("group", "sides"),
    [
        ("base", {f"base.{name}": name for name in fake_results.MODELS}),
        ("member", {f"qlora.{name}": name for name in fake_results.MEMBERS}),
        ("ensemble", {f"{name}.ensemble": name for name in fake_results.METHODS if name != "oracle"}),
        ("oracle", {"oracle.ensemble": "oracle"}),
    ],
)
def test_the_best_of_a_group_has_its_highest_mean(plain, group, sides):
    numbers = plain.numbers
    means = {name: numbers[f"econ-qa.{side}.test.{METRIC}"]["value"] for side, name in sides.items()}
    best = numbers[f"econ-qa.finding.best.{group}.test"]
    assert (best["value"], means[best["name"]]) == (max(means.values()), max(means.values()))


def test_a_method_is_held_against_the_best_single_member_of_the_split(plain):
    numbers = plain.numbers
    single = numbers["econ-qa.finding.best.member.test"]["name"]
    found = numbers["econ-qa.finding.ensemble.majority.test"]
    difference = numbers[f"econ-qa.majority.ensemble.minus.qlora.{single}.test.{METRIC}"]
    assert (found["against"], found["value"]) == (single, difference["value"])


def test_the_gap_to_unseen_kinds_of_rows_is_counted_by_model(plain):
    numbers = plain.numbers
    falls = [
        numbers[f"econ-qa.qlora.{name}.test.{METRIC}"]["value"]
        - numbers[f"econ-qa.qlora.{name}.test-unseen.{METRIC}"]["value"]
        for name in fake_results.TUNED
    ]
    assert numbers["econ-qa.finding.gap.qlora.lower"]["value"] == sum(fall > 0 for fall in falls)
    assert numbers["econ-qa.finding.gap.qlora.largest"]["value"] == pytest.approx(max(falls))


def test_the_selected_model_and_its_runner_up_have_their_scores_on_valid(plain):
    numbers = plain.numbers
    winner, second = (numbers[f"econ-qa.finding.selected.{place}"] for place in ("winner", "second"))
    assert winner["value"] >= second["value"]
    assert winner["value"] == numbers[f"econ-qa.qlora.{winner['name']}.valid.{METRIC}"]["value"]
    assert winner["split"] == "valid"


def test_sizes_count_models_and_rows(plain):
    numbers = plain.numbers
    sizes = {
        name: numbers[f"econ-qa.size.{name}"]["value"] for name in ("models", "tuned", "members", "methods", "rows")
    }
    assert sizes == {"models": 5, "tuned": 4, "members": 3, "methods": 4, "rows": sum(fake_results.SPLITS.values())}


def test_what_was_rejected_is_held_against_the_chosen_where_it_did_not_choose(plain):
    numbers = plain.numbers
    found = numbers["econ-qa.finding.rejected.test"]
    means = [numbers[f"econ-qa.qlora.{found[side]}.test.{METRIC}"]["value"] for side in ("name", "chosen")]
    assert found["value"] == pytest.approx(means[0] - means[1])
    assert found["low"] <= found["value"] <= found["high"]
    assert found["chosen"] == numbers["econ-qa.finding.selected.winner"]["name"] != found["name"]
    assert (
        numbers["econ-qa.finding.rejected.test.p_holm"]["value"] >= numbers["econ-qa.finding.rejected.test.p"]["value"]
    )


def test_luck_and_the_rows_that_the_margin_needs(plain):
    numbers = plain.numbers
    assert numbers["econ-qa.finding.luck.optimism"]["value"] == 0.021
    assert numbers["econ-qa.finding.luck.shown"]["value"] == pytest.approx(2.8016 * 0.028, abs=1e-4)
    needed = numbers["econ-qa.finding.luck.rows_needed"]
    articles = numbers["econ-qa.finding.luck.articles_needed"]["value"]
    assert needed["value"] == pytest.approx(articles * needed["n"] / needed["articles"], abs=1)
