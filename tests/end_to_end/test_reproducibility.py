"""A killed run loses nothing, and where its curve is mirrored changes nothing.

That the same commit gives the same bytes in any folder and with any number of cores: test_conda.py.
"""

import json
import re
import shutil
import subprocess
import sys

from checkout import environment, snakemake
from sessions import kill_script, started, wait_for
from toy_study import SAVED, STEPS, adapter, answers, weights


def test_a_training_killed_in_the_middle_ends_with_the_same_adapter(toy_copy):
    folder = toy_copy / adapter("tiny-qwen2")
    kept = {name: (folder / name).read_bytes() for name in ("adapter_model.safetensors", "curve.jsonl")}
    shutil.rmtree(folder)
    run = started(toy_copy, weights("tiny-qwen2"))
    wait_for(lambda: list(folder.glob("checkpoint-*/kotune.json")))
    assert kill_script(toy_copy, "train_adapter.py") == 1
    assert run.wait(60) != 0
    assert not (toy_copy / weights("tiny-qwen2")).exists()
    done = snakemake(toy_copy, "--cores", "1", weights("tiny-qwen2"))
    assert done.returncode == 0, done.stdout
    for name, content in kept.items():
        assert (folder / name).read_bytes() == content, name
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    assert record["found"]["resumed_from"] in range(SAVED, STEPS, SAVED)


def test_answers_killed_in_the_middle_go_on_after_the_last_whole_line(toy_copy):
    target = answers("tiny-qwen2", "base")
    file = toy_copy / target
    kept = file.read_bytes()
    file.unlink()
    run = started(toy_copy, target)
    part = file.with_name(f"{file.name}.part")
    wait_for(lambda: part.is_file() and part.read_bytes().count(b"\n") > 2)
    assert kill_script(toy_copy, "answer_prompts.py") == 1
    assert run.wait(60) != 0
    assert not file.exists()
    done = snakemake(toy_copy, "--cores", "1", target)
    assert done.returncode == 0, done.stdout
    assert file.read_bytes() == kept


def test_an_offline_run_of_weights_and_biases_can_be_read_back(toy_copy):
    folder = toy_copy / adapter("tiny-qwen2")
    kept = (toy_copy / weights("tiny-qwen2")).read_bytes()
    shutil.rmtree(folder)
    done = snakemake(toy_copy, "--cores", "1", "--config", "tracking=offline", "--", weights("tiny-qwen2"))
    assert done.returncode == 0, done.stdout
    assert (toy_copy / weights("tiny-qwen2")).read_bytes() == kept
    (run,) = (toy_copy / "results/mini/wandb").rglob("run-*.wandb")
    named = re.compile(r"toy-mini-tiny-qwen2-qlora-seed42-[0-9a-f]{8}")
    assert named.search(run.name)
    shown = subprocess.run(
        [sys.executable, "-m", "wandb", "leet", "inspect", "--summary", "--json", str(run.parent)],
        env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    read = json.loads(shown.stdout)
    assert read["run_id"] == read["name"] and named.fullmatch(read["run_id"]) and read["state"] == "finished"
    assert read["summary"]["final_loss"] == json.loads((folder / "record.json").read_text())["found"]["final_loss"]
    assert read["config"]["recipe"]["lora"]["r"] == 6
    assert b"toy" in run.read_bytes()  # the group, which the viewer does not print
