"""Every mean, floor and difference has a key, its record and what the harness gives with it."""

import harness_lines
import pytest

from kotune.report.harness_numbers import entries_of, numbers_of


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return harness_lines.tabulated(tmp_path_factory.mktemp("toy"), items=30)


def test_a_mean_has_its_interval_its_error_and_its_ties(toy):
    entries = entries_of(*toy)
    key = "toy.harness.kobest.tuned.m.clean-5shot-none.kobest_wic.acc"
    assert entries[key]["n"] == 30 and entries[key]["low"] < entries[key]["value"]
    assert entries[key]["text"] == f"{entries[key]['value']:.4f}", "four digits, as published cards have them"
    assert entries[f"{key}.stderr"]["value"] > 0 and entries[f"{key}.ties"]["value"] == 0
    assert entries[key]["records"] == ["toy/harness/kobest/m/record.json"]


def test_floors_and_the_group_are_numbers_too(toy):
    numbers = numbers_of(*toy)
    for arm in ("majority", "fewest_tokens", "untrained"):
        assert f"toy.harness.kobest.{arm}.m.published-0shot-none.kobest.acc" in numbers
    assert "toy.harness.kobest.base.m.published-0shot-none.kobest.acc_norm" not in numbers


def test_differences_have_p_values_and_words(toy):
    entries = entries_of(*toy)
    for key in (
        "toy.harness.kobest.tuning.tuned.m.clean-5shot-none.kobest_wic",
        "toy.harness.kobest.floors.tuned.m.clean-5shot-none.kobest_wic.majority",
        "toy.harness.kobest.protocols.tuned.m.5shot-none.kobest_wic",
    ):
        assert entries[key]["verdict"] in ("higher", "lower", "cannot tell")
        assert entries[f"{key}.p"]["value"] <= entries[f"{key}.p_holm"]["value"]


def test_how_many_tasks_are_above_their_floors_leaves_the_group_out(toy):
    found = entries_of(*toy)["toy.harness.kobest.above.tuned.m.clean-5shot-none"]
    assert found["n"] == 5 and 0 <= found["value"] <= 5


def test_leaks_are_counted(toy):
    found = entries_of(*toy)["toy.harness.kobest.leaks.kobest_sentineg.0"]
    assert (found["value"], found["n"], found["what"]) == (39, 40, "originals, negated")
