"""Several GPUs on one machine: trainings run side by side, each on a card of its own. The cards are made up."""

import re

from checkout import copy_to, planned, snakemake
from shortened import rewrite, shorten

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
