"""Study data-quality from nothing: rows rated and chosen, samples, pairs, rewards, the ladder; programs run in the sandbox.

Small: few steps, one seed, one way of choosing. What the whole study shows: test_studies.py.
"""

import csv
import json

import pytest
from checkout import copy_to, planned, snakemake
from isolated import isolated
from shortened import rewrite

ONLY = "studies=[data-quality]"
MINI = "results/mini/data-quality"
RUNGS = ["base", "raw", "filtered_textbook", "rejection", "dpo", "rl"]
pytestmark = isolated


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    folder = copy_to(tmp_path_factory.mktemp("data-quality") / "kotune")

    def study(content):
        content["seeds"] = [1]
        content["statistics"]["resamples"] = 500
        content["rowsets"]["lima"]["choose"] = {"by": ["random", "deita"], "rows": [16, 32]}
        content["evaluations"]["kobest-rungs"] = ["base", "rl"]
        content["scales"]["mini"] |= {
            "arms": [*RUNGS, "lima"],
            "methods": {
                "sft": {"budget": {"loss_tokens": 8000}, "trainer": {"per_device_train_batch_size": 4}},
                "dpo": {"trainer": {"max_steps": 4}},
                "grpo": {"trainer": {"max_steps": 2, "save_steps": 1}},
            },
        }

    rewrite(folder / "config/studies/data-quality.yaml", study)
    done = snakemake(folder, "--cores", "2", "--config", ONLY)
    assert done.returncode == 0, done.stdout
    return folder


def table(folder, name):
    with open(folder / MINI / f"tables/{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_ladder_and_the_learning_curve_are_printed(mini):
    assert (mini / "results/mini/paper.pdf").read_bytes().startswith(b"%PDF")
    assert (mini / MINI / "figures/learning-curve.png").stat().st_size
    rungs = table(mini, "ladder")
    assert [row["arm"] for row in rungs[: len(RUNGS)]] == RUNGS
    assert all(row["added"] for row in rungs[1 : len(RUNGS)]) and not rungs[0]["added"]


def test_arms_of_instructions_learn_equally_many_tokens_in_the_loss(mini):
    found = {}
    for arm in ("raw", "filtered_textbook", "rejection"):
        record = json.loads((mini / MINI / f"adapters/tiny-code/{arm}/seed1/record.json").read_text(encoding="utf-8"))
        found[arm] = record["found"]["target_tokens"]
    assert all(abs(tokens - 8000) <= 80 for tokens in found.values()), found


def test_what_earns_and_what_is_preferred_is_in_the_curves(mini):
    for arm, key in (("dpo", "rewards/margins"), ("rl", "reward")):
        path = mini / MINI / f"adapters/tiny-code/{arm}/seed1/curve.jsonl"
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert any(key in line for line in lines), lines[0].keys()


def test_the_filter_finds_what_was_planted(mini):
    found = {row["what"]: row for row in table(mini, "quality-truth")}
    for rule in ("external module", "undocumented", "boilerplate"):
        assert float(found[rule]["precision"]) == 1.0 and float(found[rule][f"kind_{rule.replace(' ', '_')}"]) == 1.0


def test_nothing_is_left_to_do(mini):
    assert planned(mini, "--config", ONLY) == {}
