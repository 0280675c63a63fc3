"""Means with intervals, floors among them; differences with their words, corrected within a row; nothing else compared."""

import dataclasses

import harness_lines
import pytest

from kotune.harness.benchmark import Benchmark, Run
from kotune.harness.predictions import read_items, read_said
from kotune.harness.statistics import comparisons, statistics_of

ASKED = {"seed": 1, "resamples": 500, "untuned": ["base"]}
ROWS = [("published", 5), ("clean", 5)]
ARMS = (("base", 42, 0.2), *(("tuned", seed, 1.0) for seed in (1, 2)), ("untrained", 42, 0.0))


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """Return a benchmark of five tasks and its runs; a tuned arm of two seeds that knows nearly everything."""
    folder = tmp_path_factory.mktemp("toy")
    harness_lines.write(folder, ARMS, rows=ROWS, items=60)
    items = read_items(folder / "m/requests.jsonl")
    runs = [
        Run("m", arm, seed, read_said(folder / f"m/{arm}/seed{seed}/loglikelihoods.jsonl", items))
        for arm, seed, _ in ARMS
    ]
    return Benchmark(list(harness_lines.TASKS), harness_lines.METRICS, {"m": items}), runs


@pytest.fixture(scope="module")
def found(toy):
    return statistics_of(*toy, ASKED)


def only(lines, **given):
    return [line for line in lines if all(line[key] == value for key, value in given.items())]


def test_each_row_task_arm_and_floor_has_its_numbers_and_the_group_no_acc_norm(found):
    arms = {"base", "tuned", "untrained", "majority", "fewest_tokens"}
    for task in harness_lines.TASKS:
        assert {line["arm"] for line in only(found["means"], task=task, metric="acc", protocol="clean")} == arms
    assert {line["task"] for line in only(found["means"], metric="acc_norm")} == {"kobest_hellaswag"}
    (group,) = only(found["means"], task="kobest", metric="f1", arm="base", protocol="clean")
    assert "low" not in group and group["stderr"] is None, "the harness gives a group's F1 no error, and nor do we"
    assert [row["protocol"] for row in found["rows"]] == ["published", "clean"]


def test_of_several_seeds_each_has_its_own_number_and_error(found):
    (line,) = only(found["means"], task="kobest_wic", metric="acc", arm="tuned", protocol="clean")
    assert [one["seed"] for one in line["by_seed"]] == [1, 2]
    assert line["mean"] == pytest.approx(sum(one["value"] for one in line["by_seed"]) / 2)
    assert line["stderr"] == pytest.approx(sum(one["stderr"] for one in line["by_seed"]) / 2)
    assert line["low"] < line["mean"] <= line["high"] and line["ties"] == 0.0


def test_tuning_is_compared_within_a_protocol_and_corrected_over_its_tasks(found):
    lines = only(found["pairs"], claim="tuning")
    assert {(line["a"]["protocol"], line["a"]["arm"]) for line in lines} == {("published", "base"), ("clean", "base")}
    assert all(line["a"]["protocol"] == line["b"]["protocol"] for line in lines)
    assert {line["family"] for line in lines if line["task"] != "kobest"} == {5}
    assert {line["verdict"] for line in lines} == {"higher"}
    assert all(line["p_holm"] >= line["p"] for line in lines)


def test_items_that_turned_by_tuning_make_up_the_difference(found):
    for line in only(found["pairs"], claim="tuning"):
        turned = line["flips"]
        assert turned["answers"] == 2 * line["n"], "of both seeds"
        assert (turned["mended"] - turned["broken"]) / turned["answers"] == pytest.approx(line["difference"])
    assert not any("flips" in line for line in found["pairs"] if line["claim"] != "tuning")


def test_an_arm_is_above_its_floors_only_where_it_is_above_each_of_them(found):
    floors = only(found["pairs"], claim="floors")
    assert {line["a"]["arm"] for line in floors} == {"majority", "fewest_tokens", "untrained"}
    for one in found["above"]:
        place = {key: one[key] for key in ("shots", "template", "task")}
        words = [
            line["verdict"]
            for line in only(floors, **place)
            if (line["b"]["arm"], line["b"]["protocol"]) == (one["arm"], one["protocol"])
        ]
        assert len(words) == 3 and one["above"] == (set(words) == {"higher"})
    assert all(one["above"] for one in only(found["above"], arm="tuned"))
    assert not all(one["above"] for one in only(found["above"], arm="base"))


def test_protocols_are_compared_on_the_same_items_of_the_same_arm(found):
    for line in only(found["pairs"], claim="protocols"):
        assert (line["a"]["protocol"], line["b"]["protocol"]) == ("published", "clean")
        assert line["a"]["arm"] == line["b"]["arm"] != "untrained"


def test_the_same_files_give_the_same_numbers_and_another_seed_other_intervals(toy, found):
    assert statistics_of(*toy, ASKED) == found
    other = statistics_of(*toy, {**ASKED, "seed": 2})
    assert [line["mean"] for line in other["means"]] == [line["mean"] for line in found["means"]]
    assert other["means"] != found["means"]


def test_the_arm_of_the_selected_model_is_compared_with_that_models_base(toy):
    base = next(run for run in toy[1] if run.arm == "base")
    runs = [base, Run("selected", "tuned", 1, base.said)]
    assert comparisons(runs, ["clean"], "m")[-1]["a"] == {"model": "m", "arm": "clean/base"}
    assert comparisons(runs, ["clean"]) == []


def test_without_a_base_nothing_is_said_of_tuning(toy):
    benchmark, runs = toy
    tasks = dataclasses.replace(benchmark, tasks=["kobest_wic"])
    found = statistics_of(tasks, [run for run in runs if run.arm != "base"], ASKED)
    assert found["group"] is None and not only(found["pairs"], claim="tuning")
