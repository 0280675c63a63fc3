"""Several GPUs on one machine: trainings run side by side, each on a card of its own. The cards are made up."""

import json
import re

import pytest
from checkout import copy_to, planned, snakemake
from sessions import kill_script, started, wait_for
from shortened import rewrite, shorten

from kotune.core.storage import read_jsonl

ADAPTERS = [f"results/mini/econ-qa/adapters/{model}/qlora/seed42" for model in ("tiny-gemma2", "tiny-qwen2")]
LOGS = [f"results/mini/logs/train_adapter/econ-qa_{model}_qlora_seed42.log" for model in ("tiny-gemma2", "tiny-qwen2")]


def test_two_trainings_run_side_by_side_each_on_its_own_card(short, tmp_path, monkeypatch):
    folder = shorten(copy_to(tmp_path / "kotune"))

    def with_cards(scale):
        scale["resources"]["gpu"] = 1
        scale["compute"]["device"] = "auto"  # no card is real: the work is done on the CPU all the same

    rewrite(folder / "config/scales/mini.yaml", with_cards)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    targets = [f"{adapter}/adapter_model.safetensors" for adapter in ADAPTERS]
    done = snakemake(folder, "--cores", "2", "--resources", "gpu=2", "--", *targets)
    assert done.returncode == 0, done.stdout
    used = [re.findall(r"^CUDA_VISIBLE_DEVICES=(.*)$", (folder / log).read_text(), re.MULTILINE) for log in LOGS]
    assert sorted(used) == [["3"], ["5"]]
    for target in targets:
        assert (folder / target).read_bytes() == (short / target).read_bytes()
    # how many cards there are is no reason to do anything again
    assert "train_adapter" not in planned(folder, "--resources", "gpu=1", "--", *targets)


def test_two_processes_train_what_one_does_and_go_on_where_they_were_killed(short, tmp_path):
    folder = shorten(copy_to(tmp_path / "kotune"))
    rewrite(folder / "config/scales/mini.yaml", lambda scale: scale["resources"].update(gpu=1))
    rewrite(folder / "config/recipes/qlora-r6.yaml", lambda recipe: recipe.update(cards=2))
    adapter = folder / ADAPTERS[1]
    arguments = ("--resources", "gpu=2", "--", f"{ADAPTERS[1]}/adapter_model.safetensors")
    session = started(folder, "--cores", "2", *arguments)
    wait_for(lambda: list(adapter.glob("checkpoint-*/kotune.json")) or session.poll() is not None)
    assert kill_script(folder, "train_adapter.py") == 1  # the one that started the others, which end with it
    assert session.wait(120) != 0
    done = snakemake(folder, "--cores", "2", *arguments)
    assert done.returncode == 0, done.stdout
    assert "trained tiny-qwen2/qlora/seed42: 15 steps" in done.stdout
    record = json.loads((adapter / "record.json").read_text(encoding="utf-8"))
    alone = json.loads((short / ADAPTERS[1] / "record.json").read_text(encoding="utf-8"))
    assert record["found"]["resumed_from"] in (5, 10)
    assert (record["found"]["processes"], alone["found"]["processes"]) == (2, 1)
    assert record["found"]["target_tokens"] == alone["found"]["target_tokens"]
    assert record["cost"]["tokens"] == alone["cost"]["tokens"]
    curves = [read_jsonl(path / "curve.jsonl") for path in (adapter, short / ADAPTERS[1])]
    assert [line["loss"] for line in curves[0]] == pytest.approx([line["loss"] for line in curves[1]], rel=1e-4)
    names = {path.name for path in adapter.iterdir()}
    assert names == {"adapter_model.safetensors", "adapter_config.json", "curve.jsonl", "record.json"}
