"""Several GPUs on one machine: trainings run side by side, each on a card of its own. The cards are made up."""

import json
import re
import shutil

import pytest
from checkout import planned, snakemake
from sessions import kill_script, started, wait_for
from shortened import rewrite
from toy_study import SAVED, STEPS, adapter, weights

from kotune.core.storage import read_jsonl

MODELS = ("tiny-llama3", "tiny-qwen2")


@pytest.fixture
def untrained(toy_copy):
    """A run of the toy study whose adapters are gone."""
    for model in MODELS:
        shutil.rmtree(toy_copy / adapter(model))
    return toy_copy


def test_two_trainings_run_side_by_side_each_on_its_own_card(toy, untrained, tmp_path, monkeypatch):
    def with_cards(scale):
        scale["resources"]["gpu"] = 1
        scale["compute"]["device"] = "auto"  # no card is real: the work is done on the CPU all the same

    rewrite(untrained / "config/scales/mini.yaml", with_cards)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    targets = [weights(model) for model in MODELS]
    done = snakemake(untrained, "--cores", "2", "--resources", "gpu=2", "--", *targets)
    assert done.returncode == 0, done.stdout
    logs = [f"results/mini/logs/train_adapter/toy_{model}_qlora_seed42.log" for model in MODELS]
    used = [re.findall(r"^CUDA_VISIBLE_DEVICES=(.*)$", (untrained / log).read_text(), re.MULTILINE) for log in logs]
    assert sorted(used) == [["3"], ["5"]]
    for target in targets:
        assert (untrained / target).read_bytes() == (toy / target).read_bytes()
    # how many cards there are is no reason to do anything again
    assert "train_adapter" not in planned(untrained, "--resources", "gpu=1", "--", *targets)


def test_two_processes_train_what_one_does_and_go_on_where_they_were_killed(toy, untrained):
    rewrite(untrained / "config/scales/mini.yaml", lambda scale: scale["resources"].update(gpu=1))
    rewrite(untrained / "config/recipes/qlora-r6.yaml", lambda recipe: recipe.update(cards=2))
    alone, together = toy / adapter(MODELS[1]), untrained / adapter(MODELS[1])
    arguments = ("--resources", "gpu=2", "--", weights(MODELS[1]))
    session = started(untrained, "--cores", "2", *arguments)
    wait_for(lambda: list(together.glob("checkpoint-*/kotune.json")) or session.poll() is not None)
    assert kill_script(untrained, "train_adapter.py") == 1  # the one that started the others, which end with it
    assert session.wait(120) != 0
    done = snakemake(untrained, "--cores", "2", *arguments)
    assert done.returncode == 0, done.stdout
    assert f"trained tiny-qwen2/qlora/seed42: {STEPS} steps" in done.stdout
    found, of_one = (json.loads((path / "record.json").read_text(encoding="utf-8")) for path in (together, alone))
    assert found["found"]["resumed_from"] in range(SAVED, STEPS, SAVED)
    assert (found["found"]["processes"], of_one["found"]["processes"]) == (2, 1)
    assert found["found"]["target_tokens"] == of_one["found"]["target_tokens"]
    assert found["cost"]["tokens"] == of_one["cost"]["tokens"]
    losses, expected = ([line["loss"] for line in read_jsonl(path / "curve.jsonl")] for path in (together, alone))
    assert losses == pytest.approx(expected, rel=1e-4)
