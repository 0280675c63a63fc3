"""Several processes train one adapter as one process does; tried on a CPU, where gloo joins them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from checkout import ROOT
from safetensors.torch import load_file
from tiny_model import CPU, RECIPE, make_model, write_prompts

from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl
from kotune.training import checkpoints, processes, train


@pytest.mark.parametrize(
    ("count", "given", "shared"),
    [
        (1, (1, 16), (1, 16)),
        (2, (4, 8), (2, 8)),  # each batch stays whole
        (2, (1, 16), (1, 8)),
        (4, (2, 8), (2, 2)),
    ],
)
def test_a_step_has_the_same_rows_however_many_cards_share_it(monkeypatch, count, given, shared):
    if count > 1:
        monkeypatch.setenv("LOCAL_RANK", "1")
        monkeypatch.setenv("WORLD_SIZE", str(count))
    keys = ("gradient_accumulation_steps", "per_device_train_batch_size")
    found = processes.shared_out(dict(zip(keys, given, strict=True)))
    assert tuple(found[key] for key in keys) == shared
    assert found[keys[0]] * found[keys[1]] * count == given[0] * given[1]


def test_a_step_that_cannot_be_shared_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="a step of 3 rows in 1 batches cannot be shared by 2 cards"):
        processes.shared_out({"gradient_accumulation_steps": 1, "per_device_train_batch_size": 3})


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    root = tmp_path_factory.mktemp("processes")
    model = make_model(root / "model")
    return model, write_prompts(root / "train.parquet", model, 22), write_prompts(root / "valid.parquet", model, 11, 1)


def recipe_of(passes, watch=None, **trainer):
    lora = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj", "down_proj"]}
    steps = {"max_steps": 4, "logging_steps": 1, "save_steps": 4, "eval_strategy": "steps", "eval_steps": 2}
    recipe = {**RECIPE, "lora": lora, "trainer": {**RECIPE["trainer"], **steps, **trainer}, "passes": passes}
    return recipe | ({"watch": watch} if watch else {})


def read(folder):
    """Return the curve of a training and what its record found."""
    return read_jsonl(folder / "curve.jsonl"), read_json(folder / "record.json")["found"]


def in_this_process(given, folder, recipe):
    """Train here and alone; return the curve and what the record found."""
    model, rows, valid = given
    train.train(train.Order(model, recipe, rows, valid, 42, CPU, {"mode": "disabled"}, folder, "alone"))
    return read(folder)


PACKING = {"packing": True, "max_length": 64, "per_device_train_batch_size": 2}
WAYS = [
    ("padded", {"layers": "plain"}, {}),
    ("packed", {"layers": "plain"}, PACKING),
    ("fused", {"layers": "fused"}, {}),
    # each process puts its two rows of a step into two passes
    ("fused", {"layers": "fused", "tokens": 30}, {}),
    ("fused", {"layers": "fused"}, PACKING),
]


@pytest.fixture(scope="module")
def alone(given, tmp_path_factory):
    """What one process trains through transformers' own layers, in a folder of its own: of rows, and of packs."""
    folders = {"rows": tmp_path_factory.mktemp("rows"), "packs": tmp_path_factory.mktemp("packs")}
    for folder, trainer in ((folders["rows"], {}), (folders["packs"], PACKING)):
        in_this_process(given, folder, recipe_of({"layers": "plain"}, **trainer))
    return folders


@pytest.fixture(scope="module")
def together(given, tmp_path_factory):
    """The folders of what two processes train, a folder a way; the same two train them all."""
    model, rows, valid = given
    root = tmp_path_factory.mktemp("together")
    orders = [
        {"model": model, "recipe": recipe_of(passes, **trainer), "prompts": str(rows), "valid": str(valid),
         "folder": str(root / str(place))}
        for place, (_, passes, trainer) in enumerate(WAYS)
    ]  # fmt: skip
    (root / "orders.json").write_text(json.dumps(orders), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, ROOT / "tests/helpers/train_together.py", root / "orders.json"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [Path(order["folder"]) for order in orders]


@pytest.mark.slow
@pytest.mark.parametrize("place", range(len(WAYS)))
def test_two_processes_train_what_one_does_on_each_way(alone, together, place):
    way, _, trainer = WAYS[place]
    expected_curve, _ = read(alone["packs" if trainer else "rows"])
    curve, found = read(together[place])
    assert found["passes"]["way"] == way
    assert found["processes"] == 2
    assert len(expected_curve) == len(curve) == 6
    for line, expected in zip(curve, expected_curve, strict=True):
        assert line.keys() == expected.keys()
        for name in line.keys() - {"epoch"}:  # counted in batches, which other passes make others of
            assert line[name] == pytest.approx(expected[name], rel=2e-4), (line, expected)
    folders = (together[place], alone["packs" if trainer else "rows"])
    weights, expected = (load_file(folder / "adapter_model.safetensors") for folder in folders)
    for name, weight in expected.items():
        torch.testing.assert_close(weights[name], weight, rtol=1e-3, atol=2e-4)


def by_the_script(given, folder, cards, recipe):
    """Train by the script, with a process for each of so many cards; return the curve and what the record found."""
    model, rows, valid = given
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/train_adapter.py", "--model", json.dumps(model), "--recipe",
         json.dumps(recipe), "--prompts", rows, "--valid", valid, "--seed", "42", "--compute", json.dumps(CPU),
         "--cards", str(cards), "--adapter-dir", folder, "--label", "tiny"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return read(folder)


@pytest.mark.slow
def test_two_processes_stop_at_the_same_step_as_one(given, tmp_path):
    watch = {"best": True, "patience": 1, "threshold": 2.0, "samples": 2, "sample_tokens": 4}  # no step falls by 2
    asked = {"eval_on_start": True, "max_steps": 8, "save_steps": 2, "train_sampling_strategy": "group_by_length"}
    recipe = recipe_of({"layers": "fused"}, watch, **asked)
    both = [in_this_process(given, tmp_path / "1", recipe), by_the_script(given, tmp_path / "2", 2, recipe)]
    curves, found = zip(*both, strict=True)
    assert [(one["steps"], one["stopped_at"], one["best_step"]) for one in found] == [(2, 2, 2)] * 2
    kinds = [[(line["step"], "samples" in line) for line in curve] for curve in curves]
    assert kinds == [[(0, False), (0, True), (1, False), (2, False), (2, False), (2, True)]] * 2


@pytest.mark.slow
@pytest.mark.parametrize("told", ["the script", "all of its processes"])
def test_two_processes_that_are_told_to_stop_agree_on_the_step(given, tmp_path, told):
    model, rows, valid = given
    recipe = recipe_of({"layers": "plain"}, max_steps=400, save_steps=400, eval_strategy="no")
    folder = tmp_path / "run"
    command = [
        sys.executable, ROOT / "scripts/train_adapter.py", "--model", json.dumps(model), "--recipe",
        json.dumps(recipe), "--prompts", rows, "--valid", valid, "--seed", "42", "--compute", json.dumps(CPU),
        "--cards", "2", "--adapter-dir", folder, "--label", "tiny",
    ]  # fmt: skip
    output = tmp_path / "said"
    with open(output, "w") as file:
        running = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        end = time.monotonic() + 120
        while not (folder / "curve.jsonl").exists() or len(read_jsonl(folder / "curve.jsonl")) < 3:
            assert running.poll() is None and time.monotonic() < end, output.read_text()
            time.sleep(0.05)
        (os.kill if told == "the script" else os.killpg)(running.pid, signal.SIGTERM)
        assert running.wait(60) == 130, output.read_text()
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
    (checkpoint,) = folder.glob("checkpoint-*")
    step = int(checkpoint.name.split("-")[1])
    assert f"tiny: told to stop at step {step}; {checkpoint.name} is kept" in output.read_text()
    assert "error" not in [line.split(":")[0] for line in output.read_text().splitlines()]
    assert checkpoints.newest(folder, read_json(checkpoint / checkpoints.MARK)["asked"])
    assert not (folder / "adapter_model.safetensors").exists()
