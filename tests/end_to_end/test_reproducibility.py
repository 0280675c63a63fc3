"""The same commit gives the same bytes, in any folder and with any number of cores; a killed run loses nothing."""

import json
import shutil
import subprocess
import sys

from checkout import copy_to, environment, snakemake
from sessions import digests, kill_script, started, wait_for
from shortened import shorten

STUDY = "results/mini/econ-qa"


def test_two_folders_and_two_core_counts_give_the_same_bytes(short, tmp_path):
    other = shorten(copy_to(tmp_path / "somewhere" / "else"))
    done = snakemake(other, "--cores", "1")
    assert done.returncode == 0, done.stdout
    first, second = digests(short), digests(other)
    assert any(name.endswith("adapter_model.safetensors") for name in first)
    assert any(name.endswith("tables/tuned.tex") for name in first)
    assert {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)} == set()


def test_a_training_killed_in_the_middle_ends_with_the_same_adapter(short, tmp_path):
    folder = tmp_path / "killed"
    shutil.copytree(short, folder, symlinks=True)
    adapter = folder / STUDY / "adapters/tiny-qwen2/qlora/seed42"
    kept = {name: (adapter / name).read_bytes() for name in ("adapter_model.safetensors", "curve.jsonl")}
    shutil.rmtree(adapter)
    target = f"{STUDY}/adapters/tiny-qwen2/qlora/seed42/adapter_model.safetensors"
    run = started(folder, target)
    wait_for(lambda: list(adapter.glob("checkpoint-*/kotune.json")))
    assert kill_script(folder, "train_adapter.py") == 1
    assert run.wait(60) != 0
    assert not (adapter / "adapter_model.safetensors").exists()
    done = snakemake(folder, "--cores", "1", target)
    assert done.returncode == 0, done.stdout
    for name, content in kept.items():
        assert (adapter / name).read_bytes() == content, name
    record = json.loads((adapter / "record.json").read_text(encoding="utf-8"))
    assert record["found"]["resumed_from"] in (5, 10)


def test_answers_killed_in_the_middle_go_on_after_the_last_whole_line(short, tmp_path):
    folder = tmp_path / "killed"
    shutil.copytree(short, folder, symlinks=True)
    answers = folder / STUDY / "answers/own/tiny-gemma2/base/seed42.jsonl"
    kept = answers.read_bytes()
    answers.unlink()
    run = started(folder, f"{STUDY}/answers/own/tiny-gemma2/base/seed42.jsonl")
    part = answers.with_name("seed42.jsonl.part")
    wait_for(lambda: part.is_file() and part.read_bytes().count(b"\n") > 20)
    assert kill_script(folder, "answer_prompts.py") == 1
    assert run.wait(60) != 0
    assert not answers.exists()
    done = snakemake(folder, "--cores", "1", f"{STUDY}/answers/own/tiny-gemma2/base/seed42.jsonl")
    assert done.returncode == 0, done.stdout
    assert answers.read_bytes() == kept


def test_an_offline_run_of_weights_and_biases_can_be_read_back(short, tmp_path):
    folder = tmp_path / "tracked"
    shutil.copytree(short, folder, symlinks=True)
    adapter = folder / STUDY / "adapters/tiny-qwen2/qlora/seed42"
    kept = (adapter / "adapter_model.safetensors").read_bytes()
    shutil.rmtree(adapter)
    target = f"{STUDY}/adapters/tiny-qwen2/qlora/seed42/adapter_model.safetensors"
    done = snakemake(folder, "--cores", "1", "--config", "tracking=offline", "--", target)
    assert done.returncode == 0, done.stdout
    assert (adapter / "adapter_model.safetensors").read_bytes() == kept
    (run,) = (folder / "results/mini/wandb").rglob("run-*.wandb")
    assert "tiny-qwen2-qlora-seed42" in run.name
    shown = subprocess.run(
        [sys.executable, "-m", "wandb", "leet", "inspect", "--summary", "--json", str(run.parent)],
        env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    read = json.loads(shown.stdout)
    assert read["run_id"] == read["name"] == "tiny-qwen2-qlora-seed42" and read["state"] == "finished"
    assert read["summary"]["final_loss"] == json.loads((adapter / "record.json").read_text())["found"]["final_loss"]
    assert read["config"]["recipe"]["lora"]["r"] == 6
    assert b"econ-qa" in run.read_bytes()  # the group, which the viewer does not print
