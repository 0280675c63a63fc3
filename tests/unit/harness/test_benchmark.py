"""Floors are measured on the items that are asked; a task without accuracy, and other items, are refused."""

import dataclasses

import harness_lines
import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.harness.benchmark import ACC, F1, NORM, Benchmark, Run, harness_number, with_floors
from kotune.harness.predictions import Asked, read_items, read_said

PLACE = Asked("published", 0, "none"), "kobest_hellaswag"


@pytest.fixture
def benchmark(tmp_path):
    harness_lines.write(tmp_path)
    items = read_items(tmp_path / "m/requests.jsonl")
    return Benchmark(list(harness_lines.TASKS), harness_lines.METRICS, {"m": items})


@pytest.fixture
def runs(tmp_path, benchmark):
    return [
        Run("m", arm, seed, read_said(tmp_path / f"m/{arm}/seed{seed}/loglikelihoods.jsonl", benchmark.items["m"]))
        for arm, seed in (("base", 42), ("tuned", 1), ("untrained", 42))
    ]


def test_two_floors_are_added_of_each_model(benchmark, runs):
    floors = {run.arm: run for run in with_floors(benchmark, runs)[len(runs) :]}
    assert set(floors) == {"majority", "fewest_tokens"}
    golds = benchmark.items["m"][PLACE].golds
    assert set(floors["majority"].said[PLACE].by_sum) == {int(np.bincount(golds).argmax())}
    assert set(floors["fewest_tokens"].said[PLACE].by_sum) == {0}, "the toy's first option has one token"


def test_acc_norm_is_of_the_tasks_that_the_harness_lists_it_for(benchmark):
    assert benchmark.metrics_of("kobest_hellaswag") == [ACC, NORM, F1]
    assert benchmark.metrics_of("kobest_boolq") == [ACC, F1]


def test_the_five_tasks_are_a_group_and_four_are_none(benchmark):
    assert benchmark.group == "kobest"
    assert dataclasses.replace(benchmark, tasks=benchmark.tasks[1:]).group is None


def test_a_group_is_weighted_by_its_tasks_sizes(benchmark, runs):
    places = [(Asked("clean", 5, "none"), task) for task in benchmark.tasks]
    items, said = ([of[place] for place in places] for of in (benchmark.items["m"], runs[1].said))
    whole = harness_number(ACC, items, said)
    hits = sum(int((of.golds == one.by_sum).sum()) for of, one in zip(items, said, strict=True))
    assert whole["value"] == pytest.approx(hits / sum(len(of.ids) for of in items))
    assert 0 < whole["stderr"] < 0.1 and harness_number(F1, items, said)["stderr"] is None


def test_a_task_without_accuracy_is_refused(benchmark):
    other = dataclasses.replace(benchmark, metrics={**benchmark.metrics, "kobest_wic": ["brier_score"]})
    with pytest.raises(UserError, match="the task 'kobest_wic' has no acc but brier_score"):
        other.check()


def test_other_items_of_another_model_are_refused(tmp_path, benchmark):
    harness_lines.write(tmp_path / "other", items=39)
    items = read_items(tmp_path / "other/m/requests.jsonl")
    with pytest.raises(UserError, match="the requests of 'n' for 'kobest_boolq' .* are of other items than others'"):
        dataclasses.replace(benchmark, items={**benchmark.items, "n": items}).check()
