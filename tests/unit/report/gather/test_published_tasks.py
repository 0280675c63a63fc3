"""Fifteen published cells as exact counts; what they show against the base; what our own run differs by."""

import published_kobest as toy
import pytest

from kotune.core.catalogue import check, read_yaml
from kotune.core.errors import UserError
from kotune.report.gather import published_tasks


def test_each_of_the_fifteen_cells_is_its_count_to_four_digits():
    scores = published_tasks.counted(read_yaml(toy.PATH))
    assert len(scores) == 15
    for score in scores:
        share = score["right"] / score["rows"]
        assert round(share, 4) == score["value"]
        assert round((share * (1 - share) / (score["rows"] - 1)) ** 0.5, 4) == score["stderr"]


def test_only_boolq_rose_when_taken_alone_and_nothing_when_corrected():
    numbers = toy.gathered(toy.report())
    keys = {
        task: f"{toy.START}.{toy.AOG}.{task}.minus_base" for task in ("boolq", "copa", "hellaswag", "sentineg", "wic")
    }
    assert [task for task, key in keys.items() if numbers.value(f"{key}.p") < 0.05] == ["boolq"]
    assert {numbers[key]["verdict"] for key in keys.values()} == {"cannot tell"}
    assert numbers[keys["boolq"]]["items"] == 49 and numbers[keys["boolq"]]["family"] == 5
    assert numbers[f"{toy.START}.{toy.ORCA}.boolq.minus_base"]["verdict"] == "lower"


def test_our_own_run_is_held_against_the_noise_of_a_rerun():
    near, far = (toy.gathered(toy.report(), ours) for ours in (0.7984, 0.81))
    key = f"{toy.START}.{toy.BASE}.boolq.difference"
    assert near[key]["within"] == "yes" and far[key]["within"] == "no"
    assert near[key]["text"] == "+0.0021"


def test_stand_ins_reproduce_nothing():
    numbers = toy.gathered(toy.report(toy.BASE), 0.7984)
    assert f"{toy.START}.{toy.BASE}.boolq.difference" not in numbers


def test_a_rerun_on_few_rows_may_lie_further_apart():
    document = read_yaml(toy.PATH)
    assert published_tasks.rerun(document, "hellaswag") == 0.01 and published_tasks.rerun(document, "wic") == 0.005


def test_a_key_that_is_misspelt_is_refused():
    document = read_yaml(toy.PATH)
    document["tasks"]["confound"] = document["tasks"].pop("confounded")
    with pytest.raises(UserError, match="unknown key 'confound'; did you mean 'confounded'"):
        check(document, "published", "kobest.yaml")
